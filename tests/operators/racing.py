"""Real threads on the real database: each with a connection of its own, all let go at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection
from django_tenants.utils import tenant_context


def race(bank: Any, attempts: list[Callable[[], Any]], lanes: int = 0) -> list[Any]:
    """Results or exceptions, in the order of ``attempts``; ``lanes`` at a time (0 = all)."""
    lanes = lanes or len(attempts)
    start = Barrier(min(lanes, len(attempts)))

    def run(number: int) -> Any:
        try:
            if number < start.parties:
                start.wait(timeout=30)
            with tenant_context(bank):
                return attempts[number]()
        except Exception as error:  # noqa: BLE001 - what went wrong is the result
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(lanes) as pool:
        return list(pool.map(run, range(len(attempts))))
