"""A school's file, row by row: good ones are given on, bad ones come back in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from intake.columns import Column, match_headers
from intake.errors import FileRefused
from intake.rejects import Rejects
from intake.rows import RowReader

if TYPE_CHECKING:
    from intake.tables import Record, Table

# Of one school: a file with more is none of a school's.
MOST_ROWS = 50_000
PROGRESS_STEP = 500
Progress = Callable[[int], None]
Check = Callable[[list[Any]], str]


@dataclass(slots=True)
class Landed:
    """What became of a file."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    total_cents: int = 0
    rejected_rows: list[int] = field(default_factory=list)
    reasons: list[dict[str, object]] = field(default_factory=list)
    error_files: list[str] = field(default_factory=list)
    sha256: str = ""
    unknown_columns: list[str] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class SchoolFile:
    """``columns``: the first one tells the rows apart. ``check`` says what is wrong with a row
    whose cells can be read; empty = nothing."""

    def __init__(
        self,
        table: Table,
        columns: Sequence[Column],
        parsers: Mapping[str, Callable[[str], Any]],
        landed: Landed,
        folder: Path | None,
        stem: str,
        progress: Progress | None = None,
    ) -> None:
        matched = match_headers(table.header, columns)
        self._records, self._landed, self._key = table.records, landed, columns[0]
        empty = {column.name: "" for column in columns}
        self._reader = RowReader(matched, columns, parsers, empty)
        self._rejects = Rejects(matched.headers, folder, stem)
        self._first_rows: dict[Any, int] = {}
        self._progress = progress
        landed.unknown_columns = matched.unknown
        landed.other_sheets = table.other_sheets

    @property
    def names(self) -> list[str]:
        return self._reader.names

    def rows(self) -> list[tuple[Record, dict[str, Any]]]:
        """Those whose cells can be read, with their records; the others are put aside."""
        return list(self._read())

    def _read(self) -> Iterator[tuple[Record, dict[str, Any]]]:
        for record in self._records:
            self._landed.rows += 1
            if self._landed.rows > MOST_ROWS:
                raise FileRefused(
                    _("The file has more than %(limit)s rows. Split it.") % {"limit": MOST_ROWS},
                    code="too_many_rows",
                )
            if self._landed.rows % PROGRESS_STEP == 0:
                self.tell()
            values, reason = self._reader.read(record)
            given = dict(zip(self.names, values, strict=False))
            reason = self._twice(record, given) or reason
            if reason:
                self.reject(record, reason)
            else:
                yield record, given
        if self._landed.rows == 0:
            raise FileRefused(
                _("The file has headers only, no rows below them."), code="headers_only"
            )

    def tell(self) -> None:
        """How far it is; what was cancelled ends here, before anything is committed."""
        if self._progress is not None:
            self._progress(self._landed.rows)

    def _twice(self, record: Record, given: Mapping[str, Any]) -> str:
        key = given.get(self._key.name) if len(given) == len(self.names) else None
        first = self._first_rows.setdefault(key, record.row) if key else record.row
        if first == record.row:
            return ""
        told = {"column": self._key.label, "value": key, "first": first}
        return _("%(column)s %(value)s stands in row %(first)s already") % told

    def reject(self, record: Record, reason: str) -> None:
        self._rejects.add(record, reason)

    @contextmanager
    def error_files(self) -> Iterator[None]:
        try:
            yield
            files = self._rejects.keep()
        except BaseException:
            self._rejects.discard()
            raise
        landed, rejects = self._landed, self._rejects
        landed.rejected, landed.rejected_rows = rejects.count, rejects.rows
        landed.reasons = rejects.reasons
        landed.error_files = [str(path) for path in files.values()]
