"""Several banks at a time, one process each. No model is imported before Django is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from typing import TypeVar
from uuid import UUID

import django
from django.db import connections

from demo.province import BankRow

R = TypeVar("R")


class Crew:
    """Does something for many banks; without processes of its own one after the other."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def each(self, work: Callable[..., R], rows: Sequence[BankRow], *more: object) -> Iterator[R]:
        """One answer for each bank, in the order in which they are done."""
        if self._pool is None:
            yield from (work(row, *more) for row in rows)
            return
        futures = [self._pool.submit(work, row, *more) for row in rows]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            self._pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextmanager
def crew(jobs: int) -> Iterator[Crew]:
    if jobs == 1:
        yield Crew(None)
        return
    connections.close_all()
    with ProcessPoolExecutor(jobs, get_context("spawn"), django.setup) as pool:
        yield Crew(pool)


def fill_bank(row: BankRow, hashes: dict[str, str], at: datetime) -> bool:
    from demo.filling import fill_bank as fill

    return fill(row, hashes, at)


def fill_products(row: BankRow, at: datetime) -> int:
    from demo.zone import fill_bank

    return fill_bank(row, at)


def run_campaign(row: BankRow, uid: UUID, at: datetime) -> None:
    from demo.campaigns import run

    run(row, uid, at)
