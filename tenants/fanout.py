"""Work for the whole province: one task per bank, never a loop over banks inside a task."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from tenants.models import Bank
from tenants.search_path import on_public
from tenants.tasks_api import SCHEMA_HEADER, registered_task


def for_each_bank(
    name: str, *args: Any, banks: Iterable[Bank] | None = None, jitter: float = 0
) -> int:
    """Send the task ``name`` to every serving bank (or to ``banks``) and say to how many.

    ``jitter`` spreads the start over that many seconds, for work that nobody waits for.
    """
    task = registered_task(name)
    with on_public():
        schemas = [
            bank.schema_name for bank in (Bank.objects.serving() if banks is None else banks)
        ]
    for schema in schemas:
        countdown = random.uniform(0, jitter) if jitter else None  # noqa: S311  no secret
        task.apply_async(args, countdown=countdown, headers={SCHEMA_HEADER: schema})
    return len(schemas)
