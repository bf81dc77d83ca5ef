"""The rows of one file on their way: the next slice is prepared while another thread lands the
last one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from django.utils.translation import activate, get_language
from django.utils.translation import gettext as _

from audit.context import current_schema
from coupons.errors import BatchRefused
from coupons.stock.coupon_files import Rules
from coupons.stock.landing import Landed, Stock
from coupons.stock.outcomes import MAX_LISTED_ROWS, Loaded
from coupons.stock.packing import RowPacker, Slice
from intake.columns import Matched
from intake.rejects import Rejects
from intake.tables import Table
from tenants.locks import lock_key

# Rows of the file that are done.
Progress = Callable[[int], None]
Landing = Callable[[], Landed]
# Gives what landed once it has.
Waiting = Callable[[], Landed]


def loading_lock(batch_id: int) -> str:
    return f"{current_schema()}:coupon batch {batch_id}"


@contextmanager
def one_loader(client: psycopg.Connection[Any], batch_id: int) -> Iterator[None]:
    """A batch is loaded by one process at a time; the lock ends with the connection."""
    ask = _ASK_FOR_TRANSACTION if connection.in_atomic_block else _ASK
    found = client.execute(ask, [lock_key(loading_lock(batch_id))]).fetchone()
    if not found or not found[0]:
        raise BatchRefused(_("This batch is being loaded already."), code="batch_busy")
    yield


_ASK = "SELECT pg_try_advisory_lock(%s)"
_ASK_FOR_TRANSACTION = "SELECT pg_try_advisory_xact_lock(%s)"


class Load:
    def __init__(self, table: Table, matched: Matched, rules: Rules, stock: Stock) -> None:
        self._table, self._matched, self._stock = table, matched, stock
        self._packer = RowPacker(matched, rules)
        self._has_owners = "customer" in matched.places
        self._loaded = Loaded(
            encoding=table.encoding, sheet=table.sheet, other_sheets=table.other_sheets,
            unknown_columns=matched.unknown,
        )  # fmt: skip

    def run(self, stem: str, error_folder: Path | None, progress: Progress | None) -> Loaded:
        rejects = Rejects(self._matched.headers, error_folder, stem)
        try:
            self._through(rejects, progress)
            self._finish(rejects)
        except BaseException:
            rejects.discard()
            raise
        return self._loaded

    def _through(self, rejects: Rejects, progress: Progress | None) -> None:
        """Never more than two slices in memory: one on its way, one being prepared."""
        with lander() as land:
            waiting: tuple[Slice, Waiting] | None = None
            for part in self._packer.slices(self._table.records):
                if waiting is not None:
                    self._landed(*waiting, rejects, progress)
                waiting = part, land(self._landing(part))
            if waiting is not None:
                self._landed(*waiting, rejects, progress)

    def _landing(self, part: Slice) -> Landing:
        told = self._loaded
        so_far = (told.rows, told.duplicates, told.rejected, told.imported, told.total_cents)
        return lambda: self._stock.land(part, has_owners=self._has_owners, so_far=so_far)

    def _landed(
        self, part: Slice, waiting: Waiting, rejects: Rejects, progress: Progress | None
    ) -> None:
        landed, told = waiting(), self._loaded
        told.rows += part.rows
        told.imported += landed.count
        told.total_cents += landed.cents
        self._give_back(part, landed, rejects)
        if progress is not None:
            progress(told.rows)

    def _give_back(self, part: Slice, landed: Landed, rejects: Rejects) -> None:
        told, reasons = self._loaded, landed.duplicates | landed.refused
        late = [(each, reasons[each.row]) for each in part.records if each.row in reasons]
        for record, reason in sorted([*part.rejected, *late], key=lambda each: each[0].row):
            is_double = record.row in landed.duplicates
            listed = told.duplicate_rows if is_double else told.rejected_rows
            told.duplicates += is_double
            told.rejected += not is_double
            if len(listed) < MAX_LISTED_ROWS:
                listed.append(record.row)
            rejects.add(record, reason)

    def _finish(self, rejects: Rejects) -> None:
        told, files = self._loaded, rejects.keep()
        told.reasons = rejects.reasons
        told.error_file = str(files.get(self._table.kind, ""))
        told.error_files = [str(path) for path in files.values()]
        told.unknown_columns += [
            _("column %(place)s (no header)") % {"place": place + 1}
            for place in sorted(self._packer.unnamed)
        ]


@contextmanager
def lander() -> Iterator[Callable[[Landing], Waiting]]:
    """Lands in another thread, in the order given; within a transaction, at once: its connection
    serves one thread."""
    if connection.in_atomic_block:
        yield _at_once
        return
    language = get_language() or ""
    with ThreadPoolExecutor(1, initializer=activate, initargs=(language,)) as pool:
        yield lambda landing: pool.submit(landing).result


def _at_once(landing: Landing) -> Waiting:
    landed = landing()
    return lambda: landed
