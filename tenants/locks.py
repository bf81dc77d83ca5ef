"""Advisory locks: the same work is done by one process at a time, on any machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@contextmanager
def held(name: str) -> Iterator[None]:
    """For the session: outlives transactions, ends with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [lock_key(name)])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_key(name)])


def take_for_transaction(*names: str) -> None:
    """Always in the order of their keys: two takers never wait for each other."""
    with connection.cursor() as cursor:
        for key in sorted(lock_key(name) for name in names):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def is_held(name: str) -> bool:
    """By anybody, at this moment; without asking for it."""
    high, low = divmod(lock_key(name) % 2**64, 2**32)
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [high, low])
        return cursor.fetchone() is not None


_HELD = """
SELECT 1 FROM pg_locks
 WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = %s::bigint::oid
   AND objid = %s::bigint::oid
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
