"""A sheet's XML read by the book: whatever the tool that wrote it, however odd the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _

from intake.cells import Cells, column_of
from intake.errors import FileRefused
from intake.tables import FORMULA, MAX_COLUMNS, NO_TROUBLE, Record

if TYPE_CHECKING:
    from intake.workbook_parts import Catalogue


class SheetParser:
    """Fed with pieces of the XML; gives the rows that are complete."""

    def __init__(self, catalogue: Catalogue, row: int = 0) -> None:
        self._read = Cells(catalogue).read
        self._rows: list[Record] = []
        self._row, self._place = row, -1
        self._cells: list[str] = []
        self._troubles: dict[int, Any] = {}
        self._type, self._style = "n", ""
        self._text: list[str] = []
        self._reads = self._phonetic = self._in_cell = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start_root
        self._parser.StartDoctypeDeclHandler = _refuse_doctype

    def feed(self, piece: bytes) -> None:
        self._parser.Parse(piece, False)

    def close(self) -> None:
        self._parser.Parse(b"", True)

    def finished_rows(self) -> list[Record]:
        rows, self._rows = self._rows, []
        return rows

    # --- elements ---------------------------------------------------------------------------------
    def _start_root(self, name: str, _attributes: dict[str, str]) -> None:
        """Some tools give every element a prefix."""
        prefix = name[: name.find(":") + 1]
        self._names = {prefix + local: local for local in ("row", "c", "v", "t", "f", "rPh")}
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match self._names.get(name):
            case "c":
                self._begin_cell(attributes)
            case "v":
                self._reads = self._in_cell
            case "t":
                self._reads = self._in_cell and not self._phonetic
            case "f":
                if self._in_cell:
                    self._troubles[self._place] = FORMULA
            case "row":
                self._row = int(attributes.get("r") or self._row + 1)
                self._place = -1
            case "rPh":
                self._phonetic = True

    def _end(self, name: str) -> None:
        match self._names.get(name):
            case "v" | "t":
                self._reads = False
            case "c":
                self._end_cell()
            case "row":
                self._end_row()
            case "rPh":
                self._phonetic = False

    def _characters(self, data: str) -> None:
        if self._reads:
            self._text.append(data)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        self._place = column_of(reference) if reference else self._place + 1
        if self._place < 0:
            raise ValueError(reference)
        self._type = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._in_cell = True

    def _end_cell(self) -> None:
        self._in_cell = False
        raw = "".join(self._text)
        self._text.clear()
        place = self._place
        if raw == "" and place not in self._troubles:
            return
        if place >= MAX_COLUMNS:
            raise too_far_right(self._row)
        self._cells.extend([""] * (place + 1 - len(self._cells)))
        text, trouble = self._read(self._type, self._style, raw)
        self._cells[place] = text
        if trouble is not None:
            self._troubles.setdefault(place, trouble)

    def _end_row(self) -> None:
        record = Record(self._row, self._cells, self._troubles or NO_TROUBLE)
        if not is_blank(record):
            self._rows.append(record)
        self._cells, self._troubles = [], {}


def is_blank(record: Record) -> bool:
    return not record.troubles and not any(map(str.strip, record.cells))


def too_far_right(row: int) -> FileRefused:
    return FileRefused(
        _("Row %(row)s has a cell beyond column %(limit)s. Delete what stands so far right.")
        % {"row": row, "limit": MAX_COLUMNS},
        code="too_many_columns",
    )


def _refuse_doctype(*_declaration: object) -> None:
    raise FileRefused(
        _("The workbook declares entities, which no spreadsheet does; it is not read."),
        code="damaged_workbook",
    )
