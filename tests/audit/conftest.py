from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django_tenants.utils import schema_context

from audit import events
from audit.models import AuditEvent
from audit.services import record

HAPPENED = events.register("tests.happened", "happened")
SCRATCH = "zz_audit_scratch"
TABLES = ("audit_auditevent", "audit_chainlink", "audit_chainhead")


@pytest.fixture
def happen() -> Callable[..., list[AuditEvent]]:
    """Records some events, each in its own transaction."""

    def _happen(count: int = 1, **details: Any) -> list[AuditEvent]:
        rows = []
        for number in range(count):
            with transaction.atomic():
                what = {"target_label": f"row {number}", "actor": None} | details
                rows.append(record(HAPPENED, **what))
        return rows

    return _happen


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A schema with chains of its own where transactions really commit, for tests with threads."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE")
            cursor.execute(f"CREATE SCHEMA {SCRATCH}")
            for table in TABLES:
                cursor.execute(
                    f"CREATE TABLE {SCRATCH}.{table} (LIKE public.{table} INCLUDING ALL)"
                )
        with schema_context(SCRATCH):
            yield SCRATCH
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {SCRATCH} CASCADE")


@pytest.fixture
def in_threads(scratch: str) -> Callable[..., list[Any]]:
    """Runs functions at the same time, each in a thread with a connection of its own."""

    def run(*functions: Callable[[], Any]) -> list[Any]:
        def call(function: Callable[[], Any]) -> Any:
            try:
                with schema_context(scratch):
                    return function()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(call, functions, timeout=60))

    return run
