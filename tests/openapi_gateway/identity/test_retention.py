from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.base_services.identity import retention
from openapi_gateway.base_services.identity.models import (
    StepUp,
    Subject,
    Ticket,
    TicketRate,
    Token,
)
from openapi_gateway.base_services.identity.tasks import purge_identity
from tenants.periodic import registered_periodics
from tests.openapi_gateway.identity.people import STEP_UP, App
from tests.openapi_gateway.making import Partner


def test_what_ended_30_days_ago_goes_and_identifiers_stay(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 2)
    for _each in range(5):
        App().ticket(partner)
    session = App().session(partner)
    wish = {"openid": session["openid"], "required_acr": "loa3", "reason": "transfer"}
    partner.post(STEP_UP, wish)
    token = Token.objects.get()

    edge = token.expires_at + retention.KEPT
    retention.purge(edge - timedelta(microseconds=1))
    assert (Token.objects.count(), Ticket.objects.count()) == (1, 1)
    assert retention.purge(edge) >= 2
    assert (Token.objects.count(), Ticket.objects.count(), StepUp.objects.count()) == (0, 0, 0)
    assert Subject.objects.count() == 1


def test_nothing_young_is_purged(partner: Partner) -> None:
    App().session(partner)
    assert purge_identity() == 0
    assert (Token.objects.count(), Ticket.objects.count(), TicketRate.objects.count()) == (1, 1, 1)


def test_counters_of_past_minutes_go(partner: Partner) -> None:
    App().ticket(partner)
    retention.purge(timezone.now() + timedelta(hours=2))
    assert TicketRate.objects.count() == 0


def test_the_task_runs_by_the_clock(db: Any) -> None:
    tasks = {each.task: each.every_seconds for each in registered_periodics()}
    assert tasks[purge_identity.name] == 86_400
