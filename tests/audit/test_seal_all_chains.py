from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from audit.models import AuditEvent, ChainLink
from audit.sealing import schemas_with_unsealed
from operators.tasks import seal_all_chains
from tenants.choices import BankStatus
from tenants.periodic import registered_periodics

Happen = Callable[..., list[AuditEvent]]


def unsealed(schema: Any) -> int:
    with tenant_context(schema):
        return ChainLink.objects.unsealed().count()


def test_one_run_seals_the_platform_and_every_bank_a_suspended_one_too(
    alpha: Any, beta: Any, happen: Happen
) -> None:
    seal_all_chains()
    type(beta).objects.filter(pk=beta.pk).update(status=BankStatus.SUSPENDED)
    happen(1)
    for bank in (alpha, beta):
        with tenant_context(bank):
            happen(2)

    assert seal_all_chains() == 5

    assert (unsealed(alpha), unsealed(beta), ChainLink.objects.unsealed().count()) == (0, 0, 0)
    assert seal_all_chains() == 0


def test_a_bank_with_a_broken_chain_does_not_stop_the_others(
    alpha: Any, beta: Any, happen: Happen, caplog: pytest.LogCaptureFixture
) -> None:
    for bank in (alpha, beta):
        with tenant_context(bank):
            happen(1)
    seal_all_chains()
    with tenant_context(alpha), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_chainhead")
    for bank in (alpha, beta):
        with tenant_context(bank):
            happen(1)

    assert seal_all_chains() == 1

    assert (unsealed(alpha), unsealed(beta)) == (1, 0)
    assert alpha.schema_name in caplog.text


def test_a_bank_without_the_tables_does_not_stop_the_others(
    alpha: Any, beta: Any, happen: Happen, caplog: pytest.LogCaptureFixture
) -> None:
    seal_all_chains()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {alpha.schema_name}.audit_chainlink")
    with tenant_context(beta):
        happen(1)

    assert seal_all_chains() == 1

    assert alpha.schema_name in caplog.text


def test_who_waits_is_asked_in_one_query_however_many_banks_there_are(
    alpha: Any, beta: Any, happen: Happen, django_capture_on_commit_callbacks: Any
) -> None:
    from django.test.utils import CaptureQueriesContext

    seal_all_chains()
    with tenant_context(beta):
        happen(1)
    connection.set_schema_to_public()

    with CaptureQueriesContext(connection) as captured:
        waiting = schemas_with_unsealed(["public", alpha.schema_name, beta.schema_name])

    asked = [query["sql"] for query in captured if "audit_chainlink" in query["sql"]]
    assert waiting == [beta.schema_name]
    assert len(asked) == 1


def test_the_clock_seals_often_enough_to_be_within_5_seconds() -> None:
    [periodic] = [each for each in registered_periodics() if "seal_all_chains" in each.task]

    assert periodic.every_seconds <= 4
