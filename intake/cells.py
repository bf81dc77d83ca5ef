"""What a cell of a workbook says, as the text that an operator sees."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from openpyxl.utils.datetime import from_excel

from intake.tables import (
    BROKEN,
    CONTROL,
    ERROR_CELL,
    LONG_NUMBER,
    MAX_CELL_CHARACTERS,
    TOO_LONG,
)

if TYPE_CHECKING:
    from intake.workbook_parts import Catalogue

# From here on Excel has kept fewer digits than were typed.
MOST_EXACT = 10**15
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TROUBLESOME = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd-\uffff]"
)


class Cells:
    """Reads the raw text of a cell by its type and style; gives what is wrong with it, or None."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._strings, self._dates = catalogue.strings, catalogue.date_styles
        self._padded, self._epoch = catalogue.padded_styles, catalogue.epoch
        self._special = self._dates | self._padded.keys()
        # Days repeat, and reckoning each costs more than all the rest of a cell.
        self._moment = lru_cache(20_000)(self._moment_of)

    def read(self, kind: str, style: str, raw: str) -> tuple[str, Any]:
        match kind:
            case "n":
                return self._number(raw, style)
            case "s":
                return self._checked(self._shared_string(raw))
            case "inlineStr" | "str":
                return self._checked(raw)
            case "b":
                return ("TRUE" if raw.strip() == "1" else "FALSE"), None
            case "d":
                return raw.replace("T00:00:00", ""), None
        return raw, ERROR_CELL

    def _shared_string(self, raw: str) -> str:
        try:
            return self._strings[int(raw)]
        except (ValueError, IndexError):
            return "\ufffd"

    def _checked(self, text: str) -> tuple[str, Any]:
        if "_x" in text:
            text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        if len(text) > MAX_CELL_CHARACTERS:
            return text[:MAX_CELL_CHARACTERS], TOO_LONG
        found = _TROUBLESOME.search(text)
        if found is None:
            return text, None
        return text, BROKEN if found[0] == "\ufffd" else CONTROL

    def _number(self, raw: str, style: str) -> tuple[str, Any]:
        if raw.isascii() and raw.isdigit() and len(raw) <= 15 and style not in self._special:
            return raw, None
        try:
            value = float(raw)
        except ValueError:
            return raw, ERROR_CELL
        if abs(value) >= MOST_EXACT or value != value:
            return raw, LONG_NUMBER
        if style in self._dates:
            return self._moment(value)
        if value != int(value):
            # Excel writes 4.95 as 4.9500000000000002: fifteen digits are what it shows.
            return f"{value:.15g}", None
        return str(int(value)).zfill(self._padded.get(style, 0)), None

    def _moment_of(self, value: float) -> tuple[str, Any]:
        try:
            found = from_excel(value, self._epoch)
        except (ValueError, OverflowError):
            return str(value), None
        if isinstance(found, dt.datetime):
            is_day = found.time() == dt.time()
            return (f"{found:%Y-%m-%d}" if is_day else f"{found:%Y-%m-%d %H:%M:%S}"), None
        return str(found), None


def column_of(reference: str) -> int:
    """A1 → 0, AB7 → 27."""
    place = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        place = place * 26 + ord(letter) - 64
    return place - 1
