"""What every reader gives: a table of texts, row by row, each with the line where it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_COLUMNS = 200
# Excel's own limits.
MAX_CELL_CHARACTERS = 32_767
NO_TROUBLE: Mapping[int, str | Promise] = MappingProxyType({})

FORMULA = _("is a formula; paste its result as a value instead")
ERROR_CELL = _("shows an error of Excel; correct it or leave it empty")
LONG_NUMBER = _(
    "is a number of more than 15 digits, of which Excel has lost the last ones; "
    "format the column as text and enter it again"
)
CONTROL = _("holds a control character; delete it and type the value again")
BROKEN = _("holds a character that was lost when the file was saved (�); type it again")
TOO_LONG = _("is longer than a cell may be")


class Record(NamedTuple):
    # The line of the file where it starts; the header is usually 1.
    row: int
    cells: list[str]
    # What is wrong with single cells, by their place.
    troubles: Mapping[int, str | Promise] = NO_TROUBLE


@dataclass(slots=True)
class Table:
    """An opened file; ``records`` can be gone through once."""

    header: Record
    records: Iterator[Record]
    # csv or xlsx
    kind: str
    encoding: str = ""
    # The one that was read, and those that were not.
    sheet: str = ""
    other_sheets: list[str] = field(default_factory=list)
    # What parts the cells of a text file.
    delimiter: str = ""
