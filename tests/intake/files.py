"""Files for the readers, as tools write them and as attackers do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from intake.opening import opened
from intake.tables import Record, Table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def table_of(path: Path) -> tuple[Table, list[Record]]:
    with opened(path) as (table, _digest):
        return table, list(table.records)


def write(
    folder: Path, content: bytes | str, name: str = "in.csv", encoding: str = "utf-8"
) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook(folder: Path, *sheets: list[list[Any]], name: str = "in.xlsx") -> Path:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def raw_workbook(folder: Path, sheet: str | bytes, *, strings: str = "", **others: bytes) -> Path:
    """A workbook whose sheet is this XML, to the letter."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    path = folder / "raw.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{office}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">'
            f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>",
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
        for name, content in others.items():
            archive.writestr(name, content)
    return path


def sheet_xml(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def lying_about_its_size(path: Path, name: str, size: int) -> Path:
    """The same archive, whose directory says that ``name`` unpacks to ``size`` bytes."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        start = archive.start_dir
    place = content.index(name.encode(), start)
    content[place - 46 + 24 : place - 46 + 28] = size.to_bytes(4, "little")
    path.write_bytes(bytes(content))
    return path
