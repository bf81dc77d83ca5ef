"""Rows that were refused, in files that can be corrected and imported again."""

from __future__ import annotations

import csv
import io
import os
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

from audit.spreadsheets import CELL_LENGTH, CONTROL, FORMULA_STARTS
from intake.columns import OWN, REASON, ROW_NUMBER
from intake.tables import Record

MAX_LISTED_ROWS = 1_000
MAX_LISTED_REASONS = 20
MAX_SHEET_ROWS = 1_000_000


class Rejects:
    """Collects refused rows on disk. ``keep`` gives the files their names; else they vanish."""

    def __init__(self, headers: Sequence[str], folder: Path | None, stem: str) -> None:
        self._places = [place for place, text in enumerate(headers) if text not in OWN]
        self._headers = [headers[place] for place in self._places]
        self._folder, self._stem = folder, stem
        self._writers: list[_Csv | _Xlsx] = []
        self.count = 0
        self.rows: list[int] = []
        self.reasons: list[dict[str, object]] = []

    def add(self, record: Record, reason: str) -> None:
        if not self._writers:
            self._begin()
        self.count += 1
        if len(self.rows) < MAX_LISTED_ROWS:
            self.rows.append(record.row)
        if len(self.reasons) < MAX_LISTED_REASONS:
            self.reasons.append({"row": record.row, "reason": reason})
        cells = [record.cells[at] if at < len(record.cells) else "" for at in self._places]
        for writer in self._writers:
            writer.write([*cells, str(record.row), reason])

    def _begin(self) -> None:
        folder = self._folder
        if folder is None or not os.access(folder, os.W_OK | os.X_OK):
            folder = Path(tempfile.mkdtemp(prefix="rejected-"))
        self._folder = folder
        self._writers = [_Csv(folder), _Xlsx(folder)]
        for writer in self._writers:
            writer.write([*self._headers, ROW_NUMBER, REASON])

    def keep(self) -> dict[str, Path]:
        """The finished files by their kind; none when no row was refused."""
        found = {}
        for writer in self._writers:
            assert self._folder is not None
            writer.close()
            path = self._folder / f"{self._stem}.errors.{writer.kind}"
            writer.path.replace(path)
            found[writer.kind] = path
        return found

    def discard(self) -> None:
        for writer in self._writers:
            with suppress(OSError):
                writer.close()
            writer.path.unlink(missing_ok=True)


def _shown(text: str) -> str:
    text = CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if len(text) <= CELL_LENGTH else f"{text[: CELL_LENGTH - 1]}…"


def _temporary(folder: Path, kind: str) -> tuple[IO[bytes], Path]:
    # Personal data: readable by nobody else.
    handle, name = tempfile.mkstemp(prefix=".rejected-", suffix=f".{kind}", dir=folder)
    return os.fdopen(handle, "wb"), Path(name)


class _Csv:
    """UTF-8 with a byte order mark, without which Chinese Excel reads GB18030."""

    kind = "csv"

    def __init__(self, folder: Path) -> None:
        self._file, self.path = _temporary(folder, self.kind)
        self._text = io.TextIOWrapper(self._file, encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._text)

    def write(self, cells: Sequence[str]) -> None:
        self._writer.writerow(
            [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in map(_shown, cells)]
        )

    def close(self) -> None:
        self._text.close()


class _Xlsx:
    """Text cells only; written row by row, as openpyxl takes ten times as long."""

    kind = "xlsx"

    def __init__(self, folder: Path) -> None:
        self._file, self.path = _temporary(folder, self.kind)
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        for name, text in _PARTS.items():
            self._archive.writestr(name, _DECLARATION + text)
        self._sheet = self._archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        self._sheet.write((_DECLARATION + _SHEET_START).encode())
        self._count = 0

    def write(self, cells: Sequence[str]) -> None:
        self._count += 1
        if self._count > MAX_SHEET_ROWS:
            return
        texts = [escape(_shown(text)).replace("_x", "_x005F_x") for text in cells]
        shown = "".join(
            f'<c t="inlineStr" s="1"><is><t xml:space="preserve">{text}</t></is></c>'
            for text in texts
        )
        self._sheet.write(f"<row>{shown}</row>".encode())

    def close(self) -> None:
        if not self._sheet.closed:
            self._sheet.write(b"</sheetData></worksheet>")
            self._sheet.close()
        self._archive.close()
        self._file.close()


_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_START = f'<worksheet xmlns="{_MAIN}"><sheetData>'
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # The second style is text, and stays text when the cell is edited.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/></border></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="49" applyNumberFormat="1" quotePrefix="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ),
}
