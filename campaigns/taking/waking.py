"""Asks for the rewards to be applied soon, at most once a second per process and bank: whatever is
written until then is met by the same task. A periodic task finds what this one misses."""

from __future__ import annotations

from time import monotonic

from django.db import connection, transaction

from tenants.tasks_api import enqueue_on_commit

SECONDS = 1.0
_asked: dict[str, float] = {}


def wake_up() -> None:
    transaction.on_commit(_ask)


def _ask() -> None:
    schema, now = connection.schema_name, monotonic()
    if now - _asked.get(schema, -SECONDS) < SECONDS * 0.9:
        return
    _asked[schema] = now
    enqueue_on_commit("campaigns.tasks.apply_effects", countdown=SECONDS)
