"""How services ask for work that is done later, without importing anybody's tasks."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from celery import Task, current_app
from django.db import connection, transaction

from tenants.errors import UnknownTask

SCHEMA_HEADER = "_schema_name"


def registered_task(name: str) -> Task:
    """The task of this name; its room's module is imported when no one has done so yet."""
    if name not in current_app.tasks:
        try:
            import_module(name.rpartition(".")[0])
        except (ImportError, ValueError) as error:
            raise UnknownTask(name) from error
    if name not in current_app.tasks:
        raise UnknownTask(name)
    return current_app.tasks[name]


def enqueue_on_commit(name: str, *args: Any, countdown: float | None = None, **kwargs: Any) -> None:
    """Once the transaction is committed, in the schema where the caller stands now."""
    # The commit may come in an outer schema: what is said now is what counts.
    headers = {SCHEMA_HEADER: connection.schema_name}
    task = registered_task(name)
    transaction.on_commit(
        partial(task.apply_async, args, kwargs, countdown=countdown, headers=headers)
    )
