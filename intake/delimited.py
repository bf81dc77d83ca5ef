"""Text files with separators, as Chinese Excel and core systems write them.

Most lines hold no quotation mark and are simply split. A mark that opens a cell and is never closed
is a stray character of its own line: it does not swallow the lines after it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import IO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from intake.encodings import encoding_of
from intake.errors import FileRefused
from intake.tables import BROKEN, CONTROL, MAX_CELL_CHARACTERS, NO_TROUBLE, TOO_LONG, Record, Table

DELIMITERS = (",", "\t", ";", "|")
MAX_LINE_CHARACTERS = 1_000_000
# A quoted cell may go on over so many lines.
MAX_LINES_OF_RECORD = 200
_TROUBLESOME = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\ufffe\uffff]")
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)


def open_delimited(file: IO[bytes]) -> Table:
    encoding = encoding_of(file)
    file.seek(0)
    lines = _Lines(io.TextIOWrapper(file, encoding=encoding, newline=""))
    delimiter = _delimiter(lines)
    records = _records(lines, delimiter)
    header = next(records, None)
    if header is None:
        raise FileRefused(_("The file is empty."), code="empty_file")
    return Table(header, records, "csv", encoding)


class _Lines:
    """Numbered lines, which can be looked at before they are taken."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._ahead: deque[str] = deque()
        self.taken = 0

    def take(self) -> str:
        """The next line with its end; empty = there is none."""
        line = self._ahead.popleft() if self._ahead else self._read(self.taken)
        self.taken += bool(line)
        return line

    def peek(self, distance: int) -> str:
        while len(self._ahead) <= distance:
            line = self._read(self.taken + len(self._ahead))
            if not line:
                return ""
            self._ahead.append(line)
        return self._ahead[distance]

    def _read(self, before: int) -> str:
        line = self._text.readline(MAX_LINE_CHARACTERS)
        if len(line) == MAX_LINE_CHARACTERS:
            raise FileRefused(
                _("Line %(row)s is longer than a row can be.") % {"row": before + 1},
                code="line_too_long",
            )
        return line


def _delimiter(lines: _Lines) -> str:
    """The one that parts the headers; Excel may name it in a line of its own."""
    named = _SEPARATOR_LINE.fullmatch(lines.peek(0).rstrip("\r\n"))
    if named:
        lines.take()
        return named[1]
    distance = 0
    while (line := lines.peek(distance)) and not line.strip() and distance < 100:
        distance += 1
    return max(DELIMITERS, key=line.count)


def _records(lines: _Lines, delimiter: str) -> Iterator[Record]:
    blank = delimiter + " \t\r\n"
    while line := lines.take():
        row = lines.taken
        if '"' in line:
            cells, line = _quoted(line, lines, delimiter)
        else:
            cells = line.rstrip("\r\n").split(delimiter)
        if not line.strip(blank):
            continue
        odd = _TROUBLESOME.search(line) or len(line) > MAX_CELL_CHARACTERS
        yield Record(row, cells, _troubles(cells) if odd else NO_TROUBLE)


def _quoted(line: str, lines: _Lines, delimiter: str) -> tuple[list[str], str]:
    """The cells of the record that begins with ``line``, and its whole text."""
    parsed = _parsed([line], delimiter)
    if parsed is _BAD:
        return next(csv.reader([line], delimiter=delimiter)), line
    text, ahead = [line], 0
    while parsed is _OPEN and ahead < MAX_LINES_OF_RECORD and (following := lines.peek(ahead)):
        text.append(following)
        ahead += 1
        # Inside the cell until a mark closes it.
        if '"' in following:
            parsed = _parsed(text, delimiter)
    if not isinstance(parsed, list):
        return line.rstrip("\r\n").split(delimiter), line
    for _line in range(ahead):
        lines.take()
    return parsed, "".join(text)


# A quoted cell is open at the end of the text; the marks make no sense.
_OPEN, _BAD = object(), object()


def _parsed(text: list[str], delimiter: str) -> list[str] | object:
    try:
        found = list(csv.reader(text, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return _OPEN if "unexpected end of data" in str(error) else _BAD
    return found[0] if len(found) == 1 else _BAD


def _troubles(cells: list[str]) -> dict[int, str | Promise]:
    return {
        place: trouble
        for place, cell in enumerate(cells)
        if (trouble := _trouble(cell)) is not None
    }


def _trouble(cell: str) -> str | Promise | None:
    if len(cell) > MAX_CELL_CHARACTERS:
        return TOO_LONG
    found = _TROUBLESOME.search(cell)
    if found is None:
        return None
    return BROKEN if found[0] == "\ufffd" else CONTROL
