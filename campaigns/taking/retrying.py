from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, connection
from psycopg.errors import DeadlockDetected

from tenants.statements import LOST_STATEMENTS, forget_prepared

ATTEMPTS = 4
Given = TypeVar("Given")


class StaleRules(Exception):
    """What this process remembers of a campaign is older than its account: read again."""


def retried(work: Callable[[], Given]) -> Given:
    """``work`` is one transaction, taken back as a whole when it is lost."""
    for attempt in range(ATTEMPTS):
        try:
            return work()
        except StaleRules:
            if attempt + 1 == ATTEMPTS:
                raise
        except DatabaseError as error:
            lost = isinstance(error.__cause__, LOST_STATEMENTS)
            again = lost or isinstance(error.__cause__, DeadlockDetected)
            if attempt + 1 == ATTEMPTS or not again or connection.in_atomic_block:
                raise
            if lost:
                forget_prepared()
    raise AssertionError
