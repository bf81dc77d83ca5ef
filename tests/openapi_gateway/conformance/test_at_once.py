from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from openapi_gateway.access.choices import GrantState
from openapi_gateway.conformance import runs
from openapi_gateway.conformance.choices import Arrival, RunState
from openapi_gateway.conformance.evidence import Seen
from openapi_gateway.conformance.models import CaseResult, Observation, Run
from tenants.models import Bank
from tenants.platform import PLATFORM
from tests.approvals.racing import at_once
from tests.openapi_gateway.making import Partner, a_ready_partner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def racer(transactional_db: None) -> Partner:
    connection.set_schema_to_public()
    row = Bank(slug="conforming", schema_name="conforming", name="Conforming Bank")
    row.auto_create_schema = False
    row.save()
    return a_ready_partner(row, state=GrantState.SANDBOX_ACTIVE)


def begin(racer: Partner) -> Run:
    return runs.start_run_by_call(client_id=racer.client.pk, key_id=racer.key_id, at=timezone.now())


def test_runs_started_at_once_leave_one_running(racer: Partner) -> None:
    done = at_once(PLATFORM, *[lambda: begin(racer)] * 6)
    assert all(isinstance(each, Run) for each in done), done
    assert Run.objects.filter(state=RunState.RUNNING).count() == 1
    assert Run.objects.filter(state=RunState.REPLACED).count() == 5


def test_a_planned_failure_is_met_once_however_many_call_at_once(racer: Partner) -> None:
    """Exactly one of them is the first, and would get the planned answer."""
    run = begin(racer)
    seen = Seen(timezone.now(), Arrival.CALL, racer.key_id, "order-1")
    done: list[Any] = at_once(
        PLATFORM, *[lambda: runs.write_down(run.run_id, "retry_503", seen)] * 10
    )
    assert sorted(len(each) for each in done) == list(range(10))


def test_a_run_finished_at_once_is_judged_once(racer: Partner) -> None:
    run = begin(racer)
    at = timezone.now() + timedelta(seconds=1)
    done = at_once(PLATFORM, *[lambda: runs.close_run(run.pk, at=at)] * 6)
    assert sum(isinstance(each, Run) for each in done) == 1, done
    assert CaseResult.objects.filter(run=run).count() == 22


def test_the_end_of_what_is_written_down_holds_at_once(
    racer: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_ARRIVALS", 5)
    run = begin(racer)
    seen = Seen(timezone.now(), Arrival.CALL, racer.key_id)
    done = at_once(PLATFORM, *[lambda: runs.write_down(run.run_id, "nonces", seen)] * 12)
    assert sum(each is not None for each in done) == 5
    assert Observation.objects.filter(run=run).count() == 5
