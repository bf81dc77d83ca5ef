"""Transactions that really commit, in threads that really run at once, on a bank of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django_tenants.utils import tenant_context

from tenants.models import Bank, SchemaTemplate
from tenants.services import provision_bank

SLUG = "racing"
_TEMPLATE: list[SchemaTemplate] = []


@contextmanager
def racing_bank() -> Iterator[Bank]:
    drop_racing_bank()
    _restore_template()
    bank = provision_bank(slug=SLUG, name="Racing Bank")
    try:
        with tenant_context(bank):
            yield bank
    finally:
        drop_racing_bank()


def _restore_template() -> None:
    """After a test that commits all tables are emptied; to make this row anew takes seconds."""
    if not _TEMPLATE:
        _TEMPLATE.extend(SchemaTemplate.objects.all())
    SchemaTemplate.objects.bulk_create(_TEMPLATE, ignore_conflicts=True)


def drop_racing_bank() -> None:
    connection.set_schema_to_public()
    for bank in Bank.objects.filter(slug=SLUG):
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{bank.schema_name}" CASCADE')
            cursor.execute("DELETE FROM tenants_domain WHERE tenant_id = %s", [bank.pk])
            cursor.execute("DELETE FROM tenants_bank WHERE id = %s", [bank.pk])


def at_once(bank: Bank, *calls: Callable[[], Any]) -> list[Any]:
    """What each call gave or raised; none starts before all are ready."""
    ready = threading.Barrier(len(calls), timeout=60)

    def run(call: Callable[[], Any]) -> Any:
        try:
            with tenant_context(bank):
                connection.ensure_connection()
                ready.wait()
                return call()
        except Exception as error:  # noqa: BLE001  the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls, timeout=120))
