"""What surrounds a workbook's sheet: the names of the sheets, the shared texts, the date styles."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import zipfile
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from intake import archives
from intake.errors import FileRefused

MAX_PART_BYTES = 20_000_000
MAX_STRINGS_BYTES = 400_000_000
# Of the shared texts in memory.
MAX_TEXT_BYTES, MAX_TEXTS = 120_000_000, 5_000_000
_ZEROS = re.compile("0{2,30}")
# Of Chinese and Japanese Excel; openpyxl's list leaves them out.
_EAST_ASIAN_DATES = frozenset({*range(27, 37), *range(50, 59)})


class SharedTexts:
    """A third of the memory that as many ``str`` would take, and never more than it may."""

    def __init__(self) -> None:
        self._bytes, self._ends = bytearray(), array("I")

    def append(self, text: str) -> None:
        self._bytes += text.encode("utf-8", "replace")
        self._ends.append(len(self._bytes))
        if len(self._bytes) > MAX_TEXT_BYTES or len(self._ends) > MAX_TEXTS:
            raise FileRefused(
                _(
                    "The workbook holds more different texts than can be kept in memory. Save the"
                    " sheet as CSV UTF-8 and import that."
                ),
                code="workbook_too_large",
            )

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        if place < 0:
            raise IndexError(place)
        start = self._ends[place - 1] if place else 0
        return self._bytes[start : self._ends[place]].decode()


@dataclass(slots=True)
class Catalogue:
    sheet: str
    other_sheets: list[str]
    # Of the sheet's XML within the archive.
    path: str
    strings: SharedTexts
    # Numbers of the cell styles that show a number as a day or a time.
    date_styles: frozenset[str]
    # Of those that show a number with zeros before it: with how many digits.
    padded_styles: Mapping[str, int]
    epoch: dt.datetime


def read_catalogue(archive: zipfile.ZipFile) -> Catalogue:
    parts = set(archive.namelist())
    start = _target(archive, "_rels/.rels", "/officeDocument") or "xl/workbook.xml"
    if start not in parts:
        raise FileRefused(
            _("This is no .xlsx workbook. Save it in Excel as .xlsx or as CSV."),
            code="no_workbook",
        )
    workbook = _tree(archive, start)
    links = posixpath.join(posixpath.dirname(start), "_rels", posixpath.basename(start) + ".rels")
    targets = _targets(archive, links)
    sheets = [
        (element.get("name", ""), element.get("state", "visible"), _relation(element))
        for element in workbook.iter()
        if _local(element) == "sheet"
        and "/worksheet" in targets.get(_relation(element), ("", ""))[0]
    ]
    if not sheets:
        raise FileRefused(_("The workbook has no sheet with cells."), code="empty_file")
    # What the operator sees first: hidden sheets stand behind.
    chosen = next((sheet for sheet in sheets if sheet[1] == "visible"), sheets[0])
    styles = _styles(archive, _first(targets, "/styles"))
    return Catalogue(
        sheet=chosen[0],
        other_sheets=[sheet[0] for sheet in sheets if sheet is not chosen],
        path=targets[chosen[2]][1],
        strings=_strings(archive, _first(targets, "/sharedStrings")),
        date_styles=frozenset(place for place, code in styles.items() if is_date_format(code)),
        padded_styles={
            place: len(code) for place, code in styles.items() if _ZEROS.fullmatch(code)
        },
        epoch=MAC_EPOCH if _is_1904(workbook) else WINDOWS_EPOCH,
    )


# --- relations ------------------------------------------------------------------------------------
def _targets(archive: zipfile.ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """Id of each relation: its type and the member that it leads to."""
    if name not in archive.namelist():
        return {}
    base = posixpath.dirname(posixpath.dirname(name))
    found = {}
    for element in _tree(archive, name):
        target = element.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.join(base, target)
        found[element.get("Id", "")] = (element.get("Type", ""), posixpath.normpath(path))
    return found


def _first(targets: dict[str, tuple[str, str]], kind: str) -> str:
    return next((path for found, path in targets.values() if found.endswith(kind)), "")


def _target(archive: zipfile.ZipFile, name: str, kind: str) -> str:
    return _first(_targets(archive, name), kind)


def _relation(element: ElementTree.Element) -> str:
    return next((value for key, value in element.items() if key.endswith("}id")), "")


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _is_1904(workbook: ElementTree.Element) -> bool:
    return any(
        element.get("date1904", "").lower() in ("1", "true")
        for element in workbook.iter()
        if _local(element) == "workbookPr"
    )


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    document = archives.read(archive, name, MAX_PART_BYTES)
    if b"<!DOCTYPE" in document:
        raise _damaged()
    try:
        return ElementTree.fromstring(document)  # noqa: S314 - small, and without entities
    except ElementTree.ParseError as error:
        raise _damaged() from error


# --- styles ---------------------------------------------------------------------------------------
def _styles(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Number of each cell style: its format."""
    if not name or name not in archive.namelist():
        return {}
    styles = _tree(archive, name)
    formats = {
        element.get("numFmtId", ""): element.get("formatCode", "")
        for element in styles.iter()
        if _local(element) == "numFmt"
    }
    cells = next((element for element in styles if _local(element) == "cellXfs"), None)
    return {
        str(place): formats.get(number := element.get("numFmtId", "0")) or _builtin(number)
        for place, element in enumerate(cells if cells is not None else ())
    }


def _builtin(number: str) -> str:
    if not (number.isascii() and number.isdigit() and len(number) <= 3):
        return ""
    if int(number) in _EAST_ASIAN_DATES:
        return "yyyy-mm-dd"
    return BUILTIN_FORMATS.get(int(number), "")


# --- shared texts ---------------------------------------------------------------------------------
class _Strings:
    def __init__(self) -> None:
        self.found = SharedTexts()
        self._text: list[str] = []
        self._reads = self._phonetic = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "t":
            self._reads = not self._phonetic
        elif local == "rPh":
            self._phonetic = True

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "t":
            self._reads = False
        elif local == "rPh":
            self._phonetic = False
        elif local == "si":
            self.found.append("".join(self._text))
            self._text.clear()

    def characters(self, data: str) -> None:
        if self._reads:
            self._text.append(data)


def _strings(archive: zipfile.ZipFile, name: str) -> SharedTexts:
    if not name or name not in archive.namelist():
        return SharedTexts()
    strings, parser, size = _Strings(), expat.ParserCreate(), 0
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = strings.start, strings.end
    parser.CharacterDataHandler = strings.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        for piece in archives.stream(archive, name):
            size += len(piece)
            if size > MAX_STRINGS_BYTES:
                raise _damaged()
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _damaged() from error
    return strings.found


def _refuse_doctype(*_declaration: object) -> None:
    raise _damaged()


def _damaged() -> FileRefused:
    return FileRefused(
        _("The workbook is damaged. Open it in Excel, save it as .xlsx, and try again."),
        code="damaged_workbook",
    )
