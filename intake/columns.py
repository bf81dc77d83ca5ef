"""Which column of a file is which: by its header, in Chinese or English, however it is typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from intake.errors import FileRefused
from intake.tables import MAX_COLUMNS, Record

# An error file's own columns; it can be corrected and given in as it is.
ROW_NUMBER, REASON = "行号", "错误原因"
OWN = {ROW_NUMBER, REASON}
_IGNORED = re.compile(r"[\s_\-*:'\"\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    # What the header may say, the first one as messages name the column.
    headers: tuple[str, ...]
    required: bool = False
    # How a message may show a cell that is worth money; None = as it stands.
    masked: Callable[[str], str] | None = None

    @property
    def label(self) -> str:
        return self.headers[0]


@dataclass(frozen=True, slots=True)
class Matched:
    # Place of each known column in the file.
    places: dict[str, int]
    unknown: list[str]
    headers: list[str]


def simplified(header: str) -> str:
    """Case, blanks and full-width forms do not matter."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", header)).casefold()


def match_headers(header: Record, columns: Sequence[Column]) -> Matched:
    """Raises ``FileRefused`` with what is wrong with the first row."""
    headers = [_shown(cell) for cell in header.cells]
    while headers and not headers[-1]:
        headers.pop()
    _refuse_unreadable(header, headers)
    known = {
        simplified(word): column for column in columns for word in (column.name, *column.headers)
    }
    places: dict[str, int] = {}
    unknown: dict[str, str] = {}
    for place, text in enumerate(headers):
        key = simplified(text)
        column = known.get(key)
        if column is not None:
            if column.name in places:
                raise _twice(column, headers[places[column.name]], text)
            places[column.name] = place
        elif key and key in unknown:
            raise FileRefused(
                _("The header “%(header)s” stands twice in row %(row)s. Rename or delete one.")
                % {"header": text, "row": header.row},
                code="duplicate_header",
            )
        elif key and text not in OWN:
            unknown[key] = text
    _require(places, columns, headers, header.row)
    return Matched(places, list(unknown.values()), headers)


def _shown(cell: str) -> str:
    return " ".join(cell.split())


def _refuse_unreadable(header: Record, headers: list[str]) -> None:
    if len(headers) > MAX_COLUMNS:
        raise FileRefused(
            _("The file has %(count)s columns, more than %(limit)s. Delete those not needed.")
            % {"count": len(headers), "limit": MAX_COLUMNS},
            code="too_many_columns",
        )
    for trouble in header.troubles.values():
        raise FileRefused(
            _("A header in row %(row)s %(trouble)s.") % {"row": header.row, "trouble": trouble},
            code="bad_header",
        )


def _twice(column: Column, one: str, other: str) -> FileRefused:
    return FileRefused(
        _("The headers “%(one)s” and “%(other)s” both mean %(column)s. Delete one of the columns.")
        % {"one": one, "other": other, "column": column.label},
        code="duplicate_header",
    )


def _require(
    places: dict[str, int], columns: Sequence[Column], headers: list[str], row: int
) -> None:
    for column in columns:
        if column.required and column.name not in places:
            found = "、".join(text for text in headers if text)[:200]
            raise FileRefused(
                _(
                    "Row %(row)s has no column “%(column)s”. The first row holds the headers; "
                    "found: %(found)s."
                )
                % {"row": row, "column": column.label, "found": found},
                code="missing_column",
            )
