from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from openapi_gateway.base_services.liveness import judging, persons
from openapi_gateway.base_services.liveness.choices import CaptureState
from openapi_gateway.base_services.liveness.models import Capture, FacePerson, LivenessSession
from openapi_gateway.upstream.liveness_engine import EngineAnswer
from tests.consoles.visitor import Visitor
from tests.openapi_gateway.liveness.phones import Phone, a_capture, a_person, begin
from tests.openapi_gateway.making import PRODUCTION

LIST = "/admin/gateway_liveness/livenesssession/"
Enter = Callable[..., Visitor]


def ended(phone: Phone, decision: str, code: str) -> Phone:
    phone.send(a_capture())
    Capture.objects.filter(session=phone.session).update(state=CaptureState.SUBMITTED)
    answer = EngineAnswer(
        "done", "liveness", "v-1", decision=decision, score=judging.THRESHOLDS["high"], code=code
    )
    judging.settle(Capture.objects.get(session=phone.session), answer, timezone.now())
    return phone


def listed(client: Visitor, query: str = "") -> set[str]:
    rows = client.get(f"{LIST}?{query}").context["cl"].result_list
    return {row.session_id for row in rows}


def test_a_bank_sees_its_own_sessions_and_the_platform_all(
    alpha: Any, beta: Any, enter: Enter
) -> None:
    own, other = begin(a_person(alpha)), begin(a_person(beta))
    client, platform = enter(alpha, "viewer"), enter(None, "auditor")

    assert listed(client) == {own.session_id}
    assert other.session_id not in listed(client, f"bank={beta.pk}")
    assert listed(client, f"q={other.session_id}") == set()
    assert client.get(f"{LIST}{own.session.pk}/change/").status_code == 200
    assert client.get(f"{LIST}{other.session.pk}/change/").status_code == 404
    assert listed(platform) == {own.session_id, other.session_id}
    assert listed(platform, f"bank={beta.pk}") == {other.session_id}


def test_nobody_can_make_change_or_delete_a_session(alpha: Any, enter: Enter) -> None:
    pk = begin(a_person(alpha)).session.pk
    client = enter(alpha, "administrator")
    for path in (f"{LIST}add/", f"{LIST}{pk}/delete/"):
        assert client.get(path).status_code == 403
    assert client.post(f"{LIST}{pk}/change/", {"state": "passed"}).status_code == 405
    assert LivenessSession.objects.get(pk=pk).state == "created"


def test_branch_staff_does_not_see_sessions(alpha: Any, enter: Enter) -> None:
    assert enter(alpha, "branch").get(LIST).status_code == 403


def test_states_by_the_clock_have_tabs_and_counts(alpha: Any, enter: Enter) -> None:
    person = a_person(alpha)
    passed = ended(begin(person), "live", "LIVE.PASSED")
    spoof = ended(begin(person), "spoof", "LIVE.SPOOF_MASK")
    running, over = begin(person), begin(person)
    past = timezone.now() - timedelta(seconds=1)
    LivenessSession.objects.filter(pk=over.session.pk).update(deadline=past)
    client = enter(alpha, "maker")

    assert listed(client, "tab=passed") == {passed.session_id}
    assert listed(client, "tab=failed") == {spoof.session_id}
    assert listed(client, "tab=open") == {running.session_id}
    assert listed(client, "tab=expired") == {over.session_id}
    context = client.get(LIST).context
    total = context["outcomes"]
    assert (total.passed, total.failed, total.uncertain, total.other) == (1, 1, 0, 2)
    assert context["passed_share"] == "50.0%"
    assert context["outcome_days"][-1].total == 4


def test_the_person_is_masked_and_no_token_number_or_reference_is_shown(
    alpha: Any, enter: Enter
) -> None:
    person = a_person(alpha)
    phone = begin(person, compare={"type": "id_photo", "ref": "photo-of-somebody"})
    client = enter(alpha, "maker")

    shown = client.get(LIST).content.decode()
    shown += client.get(f"{LIST}{phone.session.pk}/change/").content.decode()

    assert f"{person.number[:2]}****{person.number[-2:]}" in shown
    for secret in (person.number, person.openid, phone.token, "photo-of-somebody"):
        assert secret not in shown


def test_the_alarm_comes_at_eighty_percent(
    alpha: Any, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persons, "FILING", 5)
    FacePerson.objects.bulk_create(
        FacePerson(bank=alpha, subject=str(each), first_at=timezone.now()) for each in range(3)
    )
    client, platform = enter(alpha, "viewer"), enter(None, "administrator")
    assert "fx-live-alarm" not in client.get(LIST).content.decode()

    begin(a_person(alpha, PRODUCTION)).send(a_capture())

    assert persons.persons_of(alpha).count == 4
    for console in (client, platform):
        assert "fx-live-alarm" in console.get(LIST).content.decode()


# --- The phone's page ---------------------------------------------------------------------------
def test_the_phones_page_runs_own_scripts_only_and_may_use_the_camera(db: None) -> None:
    answer = Browser().get("/liveness/", headers={"Host": "sandbox.open.localhost"})

    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert answer.headers["Permissions-Policy"] == "camera=(self), microphone=()"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    page = answer.content.decode()
    assert not re.search(r"<script(?![^>]*(src=|application/json))|\son\w+=|style=", page)
    config = re.search(r'<script id="liveness-config"[^>]*>(.*?)</script>', page)
    assert json.loads(config[1])["sessions"] == "/gw/v1/liveness/sessions/"


def test_the_page_is_nowhere_else(alpha: Any) -> None:
    for host in ("alpha.localhost", "console.localhost"):
        assert Browser().get("/liveness/", headers={"Host": host}).status_code == 404
