"""Rows of a file into slices that PostgreSQL takes as they are: its binary COPY format.

Nearly every row of a real file is tidy, and its days, amounts and branches are those of the row
before: such a row costs a few look-ups. Any other row takes the long way through every manner of
the intake. Both ways end in the same bytes.
"""

from __future__ import annotations

import gc
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext as _

from coupons.stock import coupon_files as files
from coupons.stock.codes import Vault
from coupons.stock.coupon_files import Rules
from coupons.terms.patterns import pattern_of
from intake.columns import Matched
from intake.errors import BadValue, FileRefused
from intake.rows import RowReader
from intake.tables import Record

SLICE_ROWS = 50_000
# Columns of the staging table, in the order in which rows are packed.
STAGED = (
    ("row", "integer"), ("code_key", "uuid"), ("secret", "bytea"),
    ("customer_number", "varchar(32)"), ("remark", "varchar(200)"), ("face_cents", "bigint"),
    ("branch_id", "bigint"), ("valid_from", "timestamptz"), ("valid_until", "timestamptz"),
)  # fmt: skip
COPY_HEAD, COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
# How many different values of a cell are remembered before all are forgotten.
REMEMBERED = 20_000
LAST_ROW = 2**31 - 1
_COMMON = ("face_value", "valid_from", "valid_until", "branch")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = struct.pack(">i", -1)
_EMPTY = struct.pack(">i", 0)
_LONG = struct.Struct(">iq").pack
_NOBODYS = _EMPTY + _EMPTY
# Count of the columns; row; key; length of the secret.
_START = struct.Struct(">hiii16si").pack


@dataclass(slots=True)
class Slice:
    """``data``: the good rows. ``records``: of every good row, for whatever is found later."""

    data: bytes
    count: int
    cents: int
    rows: int
    records: list[Record] = field(default_factory=list)
    rejected: list[tuple[Record, str]] = field(default_factory=list)


def number(value: int | None) -> bytes:
    return _NULL if value is None else _LONG(8, value)


def moment(value: datetime | None) -> bytes:
    if value is None:
        return _NULL
    return _LONG(8, (value - _EPOCH) // timedelta(microseconds=1))


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">i", len(raw)) + raw


def generated_slice(
    codes: Iterable[str], first_row: int, face_cents: int, window: tuple[datetime | None, datetime]
) -> Slice:
    seal, out, rows = Vault().seal, bytearray(COPY_HEAD), 0
    after = number(face_cents) + _NULL + moment(window[0]) + moment(window[1])
    for rows, code in enumerate(codes, 1):
        key, secret = seal(code)
        row = first_row + rows - 1
        out += _START(9, 4, row, 16, key, len(secret)) + secret + _NOBODYS + after
    return Slice(bytes(out + COPY_END), rows, rows * face_cents, rows)


class RowPacker:
    """Sorts the rows of one file into good and bad ones, and packs the good ones."""

    def __init__(self, matched: Matched, rules: Rules, *, is_quick: bool = True) -> None:
        self._rules, self._width = rules, len(matched.headers)
        self._places = matched.places
        self._blank = [at for at, header in enumerate(matched.headers) if not header]
        self.unnamed: set[int] = set()
        self._reader = RowReader(matched, files.COLUMNS, files.parsers(rules), files.EMPTY)
        self._names = self._reader.names
        self._seal = Vault().seal
        # What rows have in common, as it stands in their cells → face value and last bytes.
        self._seen: dict[Any, tuple[int, bytes]] = {}
        self._remarks: dict[str, bytes] = {"": _EMPTY}
        self._common = _picker([matched.places[name] for name in _COMMON if name in self._places])
        # Columns without a header must be looked at: what stands in them is told.
        self._is_quick = is_quick and not self._blank

    def slices(self, records: Iterator[Record], size: int = SLICE_ROWS) -> Iterator[Slice]:
        last = 0
        while True:
            with _no_collecting():
                part = self._slice(records, size, last)
            if not part.rows:
                return
            last = max(
                part.records[-1].row if part.records else 0,
                part.rejected[-1][0].row if part.rejected else 0,
            )
            yield part

    def _slice(self, records: Iterator[Record], size: int, last: int) -> Slice:
        out = bytearray(COPY_HEAD)
        good: list[Record] = []
        rejected: list[tuple[Record, str]] = []
        rows = cents = 0
        quick = self._quick() if self._is_quick else _not_quick
        for record in records:
            rows += 1
            if not last < record.row <= LAST_ROW:
                raise _out_of_order(record.row)
            last = record.row
            try:
                face, packed = quick(record)
            except LookupError:
                try:
                    face, packed = self._long_way(record)
                except BadValue as error:
                    rejected.append((record, str(error.message)))
                    face = 0
                    packed = b""
            if packed:
                out += packed
                cents += face
                good.append(record)
            if rows == size:
                break
        out += COPY_END
        return Slice(bytes(out), len(good), cents, rows, good, rejected)

    # --- the quick way ----------------------------------------------------------------------------
    def _quick(self) -> Callable[[Record], tuple[int, bytes]]:
        """Raises ``LookupError`` for every row that is not wholly ordinary."""
        width, seen, common, seal = self._width, self._seen, self._common, self._seal
        code_at = self._places["code"]
        is_plain = _plain_code(self._rules)
        loose = self._loose()

        def quick(record: Record) -> tuple[int, bytes]:
            row, cells, troubles = record
            code = cells[code_at]
            face, after = seen[common(cells)]
            if troubles or not is_plain(code) or (len(cells) > width and any(cells[width:])):
                raise LookupError
            if loose is None:
                key, secret = seal(code)
                return face, _START(9, 4, row, 16, key, len(secret)) + secret + _NOBODYS + after
            pin, between = loose(cells)
            key, secret = seal(code, pin)
            return face, _START(9, 4, row, 16, key, len(secret)) + secret + between + after

        return quick

    def _loose(self) -> Callable[[Sequence[str]], tuple[str, bytes]] | None:
        """Of the columns whose cells differ from row to row: the PIN, and the packed others."""
        pin_at, owner_at, remark_at = (
            self._places.get(name) for name in ("pin", "customer", "remark")
        )
        if pin_at is owner_at is remark_at is None:
            return None
        remarks = self._remarks

        def loose(cells: Sequence[str]) -> tuple[str, bytes]:
            pin = cells[pin_at] if pin_at is not None else ""
            owner = cells[owner_at] if owner_at is not None else ""
            if pin and not _is_word(pin, files.MAX_PIN):
                raise LookupError
            if owner and not _is_word(owner, files.MAX_CUSTOMER):
                raise LookupError
            remark = remarks[cells[remark_at]] if remark_at is not None else _EMPTY
            return pin, (text(owner) if owner else _EMPTY) + remark

        return loose

    # --- the long way -----------------------------------------------------------------------------
    def _long_way(self, record: Record) -> tuple[int, bytes]:
        for place in self._blank:
            if place < len(record.cells) and record.cells[place].strip():
                self.unnamed.add(place)
        values, reason = self._reader.read(record)
        if reason:
            raise BadValue(reason)
        found = dict(zip(self._names, values, strict=True))
        face, after = self._after(found)
        remark = text(found.get("remark", ""))
        self._remember(record.cells, (face, after), remark)
        key, secret = self._seal(found["code"], found.get("pin", ""))
        start = _START(9, 4, record.row, 16, key, len(secret)) + secret
        return face, start + text(found.get("customer", "")) + remark + after

    def _after(self, found: Mapping[str, Any]) -> tuple[int, bytes]:
        rules = self._rules
        face = files.face_of(found.get("face_value"), rules)
        first, last = files.window_of(found.get("valid_from"), found.get("valid_until"), rules)
        after = number(face) + number(found.get("branch")) + moment(first) + moment(last)
        return face, after

    def _remember(self, cells: Sequence[str], common: tuple[int, bytes], remark: bytes) -> None:
        for known in (self._seen, self._remarks):
            if len(known) >= REMEMBERED:
                known.clear()
        try:
            self._seen[self._common(cells)] = common
            if "remark" in self._places:
                self._remarks[cells[self._places["remark"]]] = remark
        except IndexError:
            return  # a short row; the next one like it comes this way too


@contextmanager
def _no_collecting() -> Iterator[None]:
    """A slice's rows are kept until it has landed, and make no cycles: looking for cycles among
    them again and again would take as long as all the rest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], Any]:
    return itemgetter(*places) if places else lambda _cells: ()


def _plain_code(rules: Rules) -> Callable[[str], Any]:
    """Codes that read the same after every tidying; in a workbook, none that may be a day."""
    letters = "A-Za-z0-9_" if rules.kind == "xlsx" else "A-Za-z0-9_-"
    pattern = rules.terms.code_pattern
    rest = pattern_of(pattern).pattern if pattern else ".*"
    return re.compile(rf"(?=[{letters}]{{4,64}}\Z){rest}").fullmatch


def _is_word(cell: str, longest: int) -> bool:
    return cell.isascii() and cell.isalnum() and len(cell) <= longest


def _not_quick(_record: Record) -> tuple[int, bytes]:
    raise LookupError


def _out_of_order(row: int) -> FileRefused:
    return FileRefused(
        _(
            "The numbers of the rows do not rise at row %(row)s. Open the workbook in Excel, save"
            " it as .xlsx, and try again."
        )
        % {"row": row},
        code="damaged_workbook",
    )
