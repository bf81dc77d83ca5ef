"""Several banks at a time, one process each. No model is imported before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime
from multiprocessing import get_context

import django
from django.db import connections

from demo.province import BankRow


def fill_banks(
    rows: Sequence[BankRow], hashes: dict[str, str], at: datetime, jobs: int
) -> Iterator[bool]:
    """One answer for each bank, in the order in which they are done."""
    if jobs == 1:
        yield from (_fill_bank(row, hashes, at) for row in rows)
        return
    connections.close_all()
    with ProcessPoolExecutor(jobs, get_context("spawn"), django.setup) as pool:
        futures = [pool.submit(_fill_bank, row, hashes, at) for row in rows]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _fill_bank(row: BankRow, hashes: dict[str, str], at: datetime) -> bool:
    from demo.filling import fill_bank

    return fill_bank(row, hashes, at)
