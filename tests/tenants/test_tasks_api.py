from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import shared_task
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from tenants.choices import BankStatus
from tenants.errors import UnknownTask, WrongSchema
from tenants.fanout import for_each_bank
from tenants.models import Bank
from tenants.platform import PLATFORM
from tenants.tasks_api import enqueue_on_commit, registered_task

NAME = "tests.tenants.where_am_i"
seen: list[tuple[str, Any]] = []


@shared_task(name=NAME)
def where_am_i(word: str = "") -> None:
    seen.append((connection.schema_name, word))


@pytest.fixture(autouse=True)
def _eager() -> Iterator[None]:
    """Tasks run where they are sent, by way of their real headers."""
    app = where_am_i.app
    app.conf.task_always_eager, app.conf.task_eager_propagates = True, True
    seen.clear()
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


def test_a_task_runs_in_the_schema_of_its_sender_once_committed(
    alpha: Bank, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        with tenant_context(alpha):
            enqueue_on_commit(NAME, "hello")
        assert seen == []

    assert len(callbacks) == 1
    assert seen == [("b_alpha", "hello")]
    assert connection.schema_name == "public"


def test_the_schema_is_the_callers_though_an_outer_transaction_commits_elsewhere(
    alpha: Bank, beta: Bank, django_capture_on_commit_callbacks: Any
) -> None:
    with (
        django_capture_on_commit_callbacks(execute=True),
        tenant_context(beta),
        transaction.atomic(),
        tenant_context(alpha),
    ):
        enqueue_on_commit(NAME)

    assert seen == [("b_alpha", "")]


@pytest.mark.django_db
def test_a_name_that_nobody_registered_is_refused_at_once() -> None:
    for name in ("tenants.tasks.nothing", "nowhere", "audit.models.record", ""):
        with pytest.raises(UnknownTask):
            enqueue_on_commit(name)


def test_every_serving_bank_gets_one_task(alpha: Bank, beta: Bank) -> None:
    assert for_each_bank(NAME, "all") == 2
    assert sorted(seen) == [("b_alpha", "all"), ("b_beta", "all")]

    seen.clear()
    Bank.objects.filter(pk=beta.pk).update(status=BankStatus.SUSPENDED)
    assert for_each_bank(NAME, jitter=3) == 1
    assert seen == [("b_alpha", "")]

    seen.clear()
    assert for_each_bank(NAME, banks=[beta]) == 1
    assert seen == [("b_beta", "")]


def test_a_task_of_a_bank_that_is_gone_does_not_run_on_public(alpha: Bank) -> None:
    with pytest.raises(WrongSchema):
        where_am_i.apply(headers={"_schema_name": "b_gone"}, throw=True)

    assert seen == []


def test_a_failing_task_leaves_the_connection_where_it_was(alpha: Bank, beta: Bank) -> None:
    with tenant_context(beta):
        where_am_i.apply(headers={"_schema_name": "b_alpha"}, throw=True)
        assert connection.schema_name == "b_beta"

    where_am_i.apply(headers={"_schema_name": PLATFORM.schema_name}, throw=True)
    assert seen == [("b_alpha", ""), ("public", "")]


def test_registered_tasks_are_found_by_name() -> None:
    assert registered_task(NAME).name == NAME
