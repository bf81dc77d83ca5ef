"""Writing rows into files that people open in Excel, in which no cell is ever a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

CELL_LENGTH = 32_767  # Excel's own limit
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_csv(rows: Iterable[Iterable[object]], file: IO[bytes]) -> None:
    """UTF-8 with a byte order mark, without which Chinese Excel reads GB18030."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_no_formula(_text(value)) for value in row])
    text.detach()


def write_xlsx(rows: Iterable[Iterable[object]], file: IO[bytes]) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in rows:
        sheet.append(list(_text_cells(sheet, row)))
    workbook.save(file)


WRITERS = {"csv": write_csv, "xlsx": write_xlsx}


def _text_cells(sheet: WriteOnlyWorksheet, row: Iterable[object]) -> Iterator[WriteOnlyCell]:
    for value in row:
        cell = WriteOnlyCell(sheet, _text(value))
        cell.data_type = "s"  # openpyxl takes a leading "=" for a formula
        cell.number_format = "@"
        yield cell


def _text(value: object) -> str:
    text = CONTROL.sub("\N{REPLACEMENT CHARACTER}", "" if value is None else str(value))
    return text if len(text) <= CELL_LENGTH else f"{text[: CELL_LENGTH - 1]}…"


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
