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
BLOCK_CHARACTERS = 1 << 16
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
    return Table(header, records, "csv", encoding, delimiter=delimiter)


class _Lines:
    """Numbered lines, which can be looked at before they are taken; read in blocks."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._ahead: deque[str] = deque()
        # The begun line at the end of the last block.
        self._rest = ""
        self._is_over = False
        self.taken = 0
        # No line ahead holds a quotation mark, or anything that is wrong.
        self.is_plain = True

    def any(self) -> bool:
        """Whether there is a line ahead."""
        if not self._ahead:
            self.is_plain = True
            self._fill()
        return bool(self._ahead)

    def take(self) -> str:
        """The next line with its end; empty = there is none."""
        if not self.any():
            return ""
        self.taken += 1
        return self._ahead.popleft()

    def take_all(self) -> deque[str]:
        """Every line that has been read."""
        lines, self._ahead = self._ahead, deque()
        self.taken += len(lines)
        return lines

    def peek(self, distance: int) -> str:
        while len(self._ahead) <= distance:
            if not self._fill():
                return ""
        return self._ahead[distance]

    def _fill(self) -> bool:
        """False = there are no more lines."""
        while not self._is_over:
            block = self._text.read(BLOCK_CHARACTERS)
            self._is_over = not block
            lines = io.StringIO(self._rest + block, newline="").readlines()
            # A line may go on in the next block, and so may its end of two characters.
            self._rest = ""
            if lines and block and not lines[-1].endswith("\n"):
                self._rest = lines.pop()
            longest = max(map(len, lines), default=0)
            if max(longest, len(self._rest)) >= MAX_LINE_CHARACTERS:
                raise self._too_long([*lines, self._rest])
            if lines:
                is_plain = longest <= MAX_CELL_CHARACTERS and _is_plain("".join(lines))
                self.is_plain = self.is_plain and is_plain
                self._ahead.extend(lines)
                return True
        return False

    def _too_long(self, lines: list[str]) -> FileRefused:
        place = next(at for at, line in enumerate(lines) if len(line) >= MAX_LINE_CHARACTERS)
        return FileRefused(
            _("Line %(row)s is longer than a row can be.")
            % {"row": self.taken + len(self._ahead) + place + 1},
            code="line_too_long",
        )


def _is_plain(text: str) -> bool:
    return '"' not in text and _TROUBLESOME.search(text) is None


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
    blank = delimiter + " \t\r\n\u3000\xa0"
    while lines.any():
        if lines.is_plain:
            yield from _plain_records(lines, delimiter, blank)
            continue
        line = lines.take()
        row = lines.taken
        if '"' in line:
            cells, line = _quoted(line, lines, delimiter)
        else:
            cells = line.rstrip("\r\n").split(delimiter)
        if not line.strip(blank):
            continue
        odd = _TROUBLESOME.search(line) or len(line) > MAX_CELL_CHARACTERS
        yield Record(row, cells, _troubles(cells) if odd else NO_TROUBLE)


def _plain_records(lines: _Lines, delimiter: str, blank: str) -> Iterator[Record]:
    """Nearly all lines of nearly all files come this way."""
    row = lines.taken
    for line in lines.take_all():
        row += 1
        if line[0] in blank and not line.strip(blank):
            continue
        yield Record(row, line.rstrip("\r\n").split(delimiter))


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
