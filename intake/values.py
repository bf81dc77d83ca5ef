"""Cells into values. Each raises ``BadValue`` with the end of a sentence about the cell."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from django.utils.translation import gettext_lazy as _

from intake.errors import BadValue
from intake.tables import FORMULA

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_EDGES = "".join(chr(code) for code in range(0x21) if chr(code).isspace()) + "\xa0" + _INVISIBLE
_PAIRS = {'"': '"', "'": "'", "“": "”", "‘": "’"}
_DATE = re.compile(
    r"(?P<year>\d{4})(?:"
    r"(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"|\s*年\s*(?P<month_zh>\d{1,2})\s*月\s*(?P<day_zh>\d{1,2})\s*日?"
    r"|(?P<month_8>\d{2})(?P<day_8>\d{2}))"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_DATED = re.compile(r"\d{4}([-/])\d{1,2}\1\d{1,2}( \d{2}:\d{2}:\d{2})?|\d{1,2}月\d{1,2}日")
_SHORTENED = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)


def tidy(raw: str) -> str:
    """Half-width, without the blanks, tabs and quotation marks that tools leave around it."""
    if raw.isascii() and raw.isalnum():
        return raw
    text = unicodedata.normalize("NFKC", raw).strip(_EDGES)
    while len(text) >= 2 and _PAIRS.get(text[0]) == text[-1]:
        text = text[1:-1].strip(_EDGES)
    for mark in "\"'":
        # One alone, as Excel's sign for text or what is left of a pair.
        if text.count(mark) == 1:
            text = text.removeprefix(mark).removesuffix(mark).strip(_EDGES)
    if text.startswith("="):
        raise BadValue(FORMULA)
    return text


def refuse_shortened(text: str) -> None:
    if _SHORTENED.fullmatch(text):
        raise BadValue(
            _(
                "is a number that Excel has shortened; its digits are lost. "
                "Format the column as text and enter it again"
            )
        )


def refuse_dated(text: str) -> None:
    """Of cells in which “3-1” is a class."""
    if _DATED.fullmatch(text):
        raise BadValue(
            _("is a date that Excel has made of it; format the column as text and enter it again")
        )


def parse_date(text: str) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise BadValue(_("is no date; write it like 2026-07-01"))
    month = found["month"] or found["month_zh"] or found["month_8"]
    day = found["day"] or found["day_zh"] or found["day_8"]
    try:
        return date(int(found["year"]), int(month), int(day))
    except ValueError as error:
        raise BadValue(_("is a day that does not exist")) from error


def parse_year(text: str, *, least: int, most: int) -> int:
    digits = text.removesuffix("年").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) == 4):
        raise BadValue(_("is no year; write four digits, like 1980"))
    if not least <= int(digits) <= most:
        raise BadValue(
            _("lies outside the years %(least)s to %(most)s") % {"least": least, "most": most}
        )
    return int(digits)
