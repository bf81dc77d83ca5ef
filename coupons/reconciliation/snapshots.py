"""One view of the books for everything that is compared, however long it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from tenants.locks import held


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of this bank: taken before the snapshot, so that it sees what the run before has written."""
    with held(f"{connection.schema_name}.coupons.reconciliation"):
        yield


@contextmanager
def snapshot(*, keep: bool) -> Iterator[None]:
    """Claims and redemptions go on beside it and are not seen. ``keep`` False: what is written
    into totals in here is taken back.

    Inside somebody's transaction (as in most tests) the isolation is theirs.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
        if not keep:
            transaction.set_rollback(True)
