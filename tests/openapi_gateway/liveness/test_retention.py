from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.base_services.liveness import purging, retention, tidying
from openapi_gateway.base_services.liveness.models import (
    AttemptCount,
    Capture,
    FacePerson,
    LivenessSession,
    PurgeProof,
)
from openapi_gateway.base_services.liveness.tasks import purge_sessions
from tenants.periodic import registered_periodics
from tests.openapi_gateway.liveness.phones import a_capture, a_person, begin

YEARS = timedelta(days=401)


@pytest.fixture(autouse=True)
def _kept_400_days(settings: Any) -> None:
    settings.GATEWAY_HISTORY_DAYS = 400


def left() -> tuple[int, int, int]:
    return LivenessSession.objects.count(), Capture.objects.count(), PurgeProof.objects.count()


def test_sessions_whose_time_is_over_go_with_captures_and_proofs(
    alpha: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 2)
    person = a_person(alpha)
    for _each in range(3):
        phone = begin(person)
        phone.send(a_capture())
        person.partner.call("DELETE", phone.path)
    counted = FacePerson.objects.count()
    assert left()[0] == 3
    Capture.objects.update(metered_at=timezone.now())
    created = LivenessSession.objects.latest("pk").created_at

    assert retention.purge(created + timedelta(days=399)) == 0
    assert retention.purge(created + YEARS) >= 3
    assert left() == (0, 0, 0)
    assert not AttemptCount.objects.exists()
    assert FacePerson.objects.count() == counted


def test_what_has_not_ended_or_still_holds_scores_stays(alpha: Any) -> None:
    person = a_person(alpha)
    begin(person)
    decided = begin(person)
    decided.try_with("live")
    at = timezone.now()
    LivenessSession.objects.update(created_at=at - YEARS, expires_at=at - YEARS)

    assert retention.purge(at) == 0
    assert LivenessSession.objects.count() == 2

    later = at + purging.EVIDENCE + timedelta(days=1)
    tidying.tidy(later)
    Capture.objects.update(metered_at=later)
    assert retention.purge(later) >= 2
    assert left() == (0, 0, 0)


def test_what_is_still_to_be_billed_stays(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    phone.send(a_capture())
    phone.person.partner.call("DELETE", phone.path)
    Capture.objects.update(billable=True, metered_at=None)

    assert retention.purge(timezone.now() + YEARS) <= 1  # its count of attempts
    assert LivenessSession.objects.count() == 1


def test_the_task_runs_by_the_clock(db: Any) -> None:
    tasks = {each.task: each.every_seconds for each in registered_periodics()}
    assert tasks[purge_sessions.name] == 86_400
    assert purge_sessions() == 0
