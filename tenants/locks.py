"""Advisory locks: the same work is done by one process at a time, on any machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@contextmanager
def held(name: str) -> Iterator[None]:
    """For the session: outlives transactions, ends with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_key(name)])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_key(name)])


def take_for_transaction(*names: str) -> None:
    """Always in the order of their keys: two takers never wait for each other."""
    with connection.cursor() as cursor:
        for key in sorted(_key(name) for name in names):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
