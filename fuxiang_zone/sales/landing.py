"""Writing a change whole, by one statement that commits by itself.

The row of a product is what a rush waits for. A transaction of several statements would hold it
while the answer travels and the process finds its turn; one statement holds it only as long as the
server needs. When a part of it finds its condition unmet, the statement must undo the other parts:
it divides by the number of rows that the last part changed, which the server refuses for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg.errors import DeadlockDetected, DivisionByZero

from audit import statements as trail
from tenants.statements import LOST_STATEMENTS, fetch, forget_prepared

ATTEMPTS = 3


@cache
def statement(*parts: tuple[str, str]) -> str:
    """Of parts that each give a row when they have found their condition, the last of which is the
    product's: it looks at the others with ``landed`` and so comes after them."""
    named = [*parts[:-1], ("event", f"{trail.insert_event()} RETURNING 1")]
    named += [("link", f"{trail.LINK} RETURNING 1")]
    last, text = parts[-1]
    text = text.replace("{landed}", landed(*(name for name, _text in named)))
    with_parts = ", ".join(f"{name} AS ({part})" for name, part in [*named, (last, text)])
    return f"WITH {with_parts} SELECT 1 / count(*) FROM {last}"  # noqa: S608  our own parts


def landed(*names: str) -> str:
    return " AND ".join(f"EXISTS (SELECT 1 FROM {name})" for name in names)  # noqa: S608


def land(text: str, values: Mapping[str, Any]) -> bool:
    """Whether it is written; else nothing is, and a look says why."""
    for attempt in range(ATTEMPTS):
        try:
            with _undoable():
                fetch(text, values)
            return True
        except DatabaseError as error:
            if isinstance(error.__cause__, DivisionByZero):
                return False
            lost = isinstance(error.__cause__, LOST_STATEMENTS)
            again = lost or isinstance(error.__cause__, DeadlockDetected)
            if attempt + 1 == ATTEMPTS or not again or connection.in_atomic_block:
                raise
            if lost:
                forget_prepared()
    raise AssertionError


def _undoable() -> AbstractContextManager[Any]:
    """Inside a transaction of somebody else's, what failed goes alone."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
