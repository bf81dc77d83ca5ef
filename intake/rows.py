"""One row of a file: each cell through its column's reader, every fault of it told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from intake.columns import Column, Matched
from intake.errors import BadValue
from intake.tables import Record
from intake.values import tidy

Parser = Callable[[str], Any]
MAX_SHOWN_CHARACTERS = 40


class RowReader:
    """``parsers`` turn a tidy text into a value; ``empty`` is what a blank cell means."""

    def __init__(
        self,
        matched: Matched,
        columns: Sequence[Column],
        parsers: Mapping[str, Parser],
        empty: Mapping[str, Any],
    ) -> None:
        self._columns = [
            (column, matched.places[column.name], parsers[column.name], empty.get(column.name))
            for column in columns
            if column.name in matched.places
        ]
        self._width = len(matched.headers)

    @property
    def names(self) -> list[str]:
        return [column.name for column, *_rest in self._columns]

    def read(self, record: Record) -> tuple[list[Any], str]:
        """Values in the order of ``names``; what is wrong with the row (empty = nothing)."""
        cells, troubles = record.cells, record.troubles
        values: list[Any] = []
        reasons: list[str] = []
        for column, place, parser, empty in self._columns:
            raw = cells[place] if place < len(cells) else ""
            try:
                if place in troubles:
                    raise BadValue(troubles[place])
                text = tidy(raw)
                if not text and column.required:
                    raise BadValue(_("is empty"))
                values.append(parser(text) if text else empty)
            except BadValue as error:
                reasons.append(_reason(column, raw, str(error.message)))
        if len(cells) > self._width:
            reasons += self._too_many(cells)
        return values, _("; ").join(reasons)

    def _too_many(self, cells: list[str]) -> list[str]:
        extra = [cell.strip() for cell in cells[self._width :] if cell.strip()]
        if not extra:
            return []
        return [
            _("the row has more cells than there are headers: %(cells)s")
            % {"cells": _cut(" | ".join(extra))}
        ]


def _reason(column: Column, raw: str, problem: str) -> str:
    shown = _cut(column.masked(raw.strip()) if column.masked else raw.strip())
    if not shown:
        return _("%(column)s %(problem)s") % {"column": column.label, "problem": problem}
    return _("%(column)s “%(value)s” %(problem)s") % {
        "column": column.label, "value": shown, "problem": problem,
    }  # fmt: skip


def _cut(text: str) -> str:
    text = "".join(character if character.isprintable() else "�" for character in text)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"
