"""A coupon file looked into before anything of it is loaded: headers, first rows, what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coupons.models import ColumnMapping, CouponTemplate
from coupons.stock.codes import masked
from coupons.stock.coupon_files import COLUMNS
from intake.columns import OWN, simplified
from intake.counting import rows_about
from intake.errors import FileRefused
from intake.models import StoredFile
from intake.opening import opened
from intake.stored_files import plain_path
from intake.tables import MAX_COLUMNS, Record, Table

SHOWN_ROWS = 10
SHOWN_CHARACTERS = 40
# In a column that nobody has named yet: whatever may be a code is treated as one.
_CODE_LIKE = re.compile(r"[A-Za-z0-9_.+-]{6,}")
_DELIMITERS = {
    ",": gettext_lazy("comma"), "\t": gettext_lazy("tab"), ";": gettext_lazy("semicolon"),
    "|": gettext_lazy("vertical bar"),
}  # fmt: skip
_MASKS = {each.name: each.masked for each in COLUMNS if each.masked is not None}
_WORDS = {simplified(word): each.name for each in COLUMNS for word in (each.name, *each.headers)}


@dataclass(frozen=True, slots=True)
class Header:
    place: int
    text: str
    # Name of the column that it seems to be; "" = none.
    guess: str


@dataclass(slots=True)
class Preview:
    kind: str
    encoding: str
    delimiter: str
    sheet: str
    other_sheets: list[str]
    # Roughly; 0 = not known.
    rows: int
    headers: list[Header] = field(default_factory=list)
    # (row of the file, cells), codes masked.
    lines: list[tuple[int, list[str]]] = field(default_factory=list)
    remembered: bool = False

    @property
    def named(self) -> list[Header]:
        return [header for header in self.headers if header.text]


def look_into(stored: StoredFile, template: CouponTemplate) -> Preview:
    """Raises ``FileRefused``, ``FileGone``."""
    with plain_path(stored) as path, opened(path) as (table, _digest):
        preview = _about(table, rows_about(path, table.kind))
        known = _remembered(template)
        preview.headers = headers_of(table.header, known)
        preview.remembered = any(each.text in known for each in preview.headers)
        preview.lines = _lines(table, preview.headers)
    if not preview.lines:
        raise FileRefused(_("The file has headers only, no rows below them."), code="headers_only")
    return preview


def headers_of(header: Record, known: Mapping[str, str]) -> list[Header]:
    """Each with what it means: as it was remembered, else by its words; nothing means two."""
    texts = [" ".join(cell.split()) for cell in header.cells[:MAX_COLUMNS]]
    while texts and not texts[-1]:
        texts.pop()
    taken: set[str] = set()
    found = []
    for place, text in enumerate(texts):
        guess = known[text] if text in known else _WORDS.get(simplified(text), "")
        guess = "" if guess in taken or text in OWN else guess
        taken.add(guess)
        found.append(Header(place, text, guess))
    return found


def _about(table: Table, rows: int) -> Preview:
    return Preview(
        kind=table.kind, encoding=table.encoding.removesuffix("-sig").upper(),
        delimiter=str(_DELIMITERS.get(table.delimiter, table.delimiter)), sheet=table.sheet,
        other_sheets=table.other_sheets, rows=rows,
    )  # fmt: skip


def _remembered(template: CouponTemplate) -> dict[str, str]:
    found = ColumnMapping.objects.filter(template=template).values_list("headers", flat=True)
    return found.first() or {}


def _lines(table: Table, headers: Sequence[Header]) -> list[tuple[int, list[str]]]:
    return [
        (record.row, [_shown(record, header) for header in headers])
        for record in islice(table.records, SHOWN_ROWS)
    ]


def _shown(record: Record, header: Header) -> str:
    raw = record.cells[header.place] if header.place < len(record.cells) else ""
    text = " ".join(raw.split())
    mask = _MASKS.get(header.guess)
    if mask is not None:
        return mask(text)
    if not header.guess and _CODE_LIKE.fullmatch(text):
        return masked(text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
