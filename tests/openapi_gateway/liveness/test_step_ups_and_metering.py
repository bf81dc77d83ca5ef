from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from openapi_gateway.base_services.identity.choices import Acr, StepUpMethod
from openapi_gateway.base_services.identity.models import StepUp, Ticket, Token
from openapi_gateway.base_services.liveness import judging, metering, tidying
from openapi_gateway.base_services.liveness.choices import CaptureState
from openapi_gateway.base_services.liveness.models import Capture
from openapi_gateway.metering import outcomes
from openapi_gateway.upstream.liveness_engine import EngineAnswer
from tests.openapi_gateway.liveness.phones import (
    SESSIONS,
    Person,
    Phone,
    a_capture,
    a_person,
    begin,
    wish,
)

COMPARE = {"type": "bank_photo", "ref": "photo-1"}
LIVE = EngineAnswer(
    "done", "liveness", "v-1", decision="live", score=judging.THRESHOLDS["high"],
    similarity=judging.SAME_PERSON, code="LIVE.PASSED", billable=True,
)  # fmt: skip


def a_step_up(bank: Any, person: Person) -> StepUp:
    now, app_id = timezone.now(), person.partner.app_id
    common = {
        "bank": bank, "app_id": app_id, "environment": person.partner.environment,
    }  # fmt: skip
    about = {
        "customer_number": person.number, "scopes": [], "amr": [], "auth_time": now,
        "issued_at": now, "expires_at": now + timedelta(hours=1),
    }  # fmt: skip
    ticket = Ticket.objects.create(
        digest=person.openid, code_challenge="x", device_digest="x", fingerprint="x",
        request_key=person.openid, salt=b"x", **common, **about,
    )  # fmt: skip
    token = Token.objects.create(
        digest=person.openid, ticket=ticket, key_id="k", openid=person.openid,
        session_ref=person.openid[:24], **common, **about,
    )  # fmt: skip
    return StepUp.objects.create(
        token=token, openid=person.openid, required_acr=Acr.FACE, method=StepUpMethod.LIVENESS,
        reason="limit", created_at=now, expires_at=now + timedelta(minutes=10), **common,
    )  # fmt: skip


def settled(phone: Phone, answer: EngineAnswer) -> Capture:
    phone.send(a_capture())
    Capture.objects.filter(session=phone.session).update(state=CaptureState.SUBMITTED)
    capture = Capture.objects.filter(session=phone.session).latest("pk")
    judging.settle(capture, answer, timezone.now())
    return capture


def refused(person: Person, **fields: Any) -> str:
    answer = person.partner.post(SESSIONS, wish(person, **fields))
    return answer.json()["code"]


def test_a_passed_session_raises_the_certainty_of_its_step_up(
    alpha: Any, django_capture_on_commit_callbacks: Any
) -> None:
    person = a_person(alpha)
    step_up = a_step_up(alpha, person)
    phone = begin(person, challenge_id=str(step_up.uid), compare=COMPARE, openid=None)
    assert phone.session.openid == person.openid

    with django_capture_on_commit_callbacks(execute=True):
        settled(phone, LIVE)

    step_up.refresh_from_db()
    assert step_up.state == "passed"
    assert Token.objects.get(pk=step_up.token_id).acr == Acr.FACE


def test_a_process_that_died_between_result_and_step_up_is_made_good(alpha: Any) -> None:
    person = a_person(alpha)
    step_up = a_step_up(alpha, person)
    settled(begin(person, challenge_id=str(step_up.uid), compare=COMPARE), LIVE)
    step_up.refresh_from_db()
    assert step_up.state == "created"

    tidying.tidy(timezone.now())

    step_up.refresh_from_db()
    assert step_up.state == "passed"


def test_what_may_be_tried_again_leaves_the_step_up_open_and_an_attack_does_not(
    alpha: Any, django_capture_on_commit_callbacks: Any
) -> None:
    person = a_person(alpha)
    step_up = a_step_up(alpha, person)
    unsure = EngineAnswer(
        "done", "liveness", "v", decision="uncertain", code="LIVE.UNCERTAIN", retryable=True
    )
    attack = EngineAnswer("done", "liveness", "v", decision="spoof", code="LIVE.SPOOF_MASK")
    states = []
    for answer in (unsure, attack):
        phone = begin(person, challenge_id=str(step_up.uid), compare=COMPARE)
        with django_capture_on_commit_callbacks(execute=True):
            settled(phone, answer)
        step_up.refresh_from_db()
        states.append(step_up.state)

    assert states == ["created", "failed"]


def test_a_step_up_needs_its_own_person_and_a_comparison(alpha: Any) -> None:
    person = a_person(alpha)
    other = a_person(alpha, partner=person.partner)
    uid = str(a_step_up(alpha, person).uid)
    stranger = a_person(alpha)

    assert refused(person, challenge_id=uid) == "LIVE.STEP_UP_COMPARE"
    about = {"challenge_id": uid, "compare": COMPARE}
    assert refused(other, **about) == "LIVE.STEP_UP_PERSON"
    assert refused(other, **about, openid=None) == "LIVE.CONSENT_INVALID"
    assert refused(stranger, **about) == "GW.RES.NOT_FOUND"
    assert refused(person, challenge_id="no-uuid", compare=COMPARE) == "GW.RES.NOT_FOUND"


# --- Metering -------------------------------------------------------------------------------------
@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[outcomes.Finished]:
    found: list[outcomes.Finished] = []
    monkeypatch.setattr(outcomes, "write", found.extend)
    return found


def lines(written: list[outcomes.Finished]) -> list[tuple[str, bool]]:
    own = [each for each in written if each.operation == metering.OPERATION]
    return [(each.code, each.billable) for each in own]


def test_only_what_the_engine_charges_for_is_billed_each_capture_once(
    alpha: Any, written: list[outcomes.Finished], django_capture_on_commit_callbacks: Any
) -> None:
    phone = begin(a_person(alpha))
    blurred = EngineAnswer("done", "liveness", "v", code="LIVE.POOR_QUALITY", retryable=True)

    with django_capture_on_commit_callbacks(execute=True):
        first = settled(phone, blurred)
        judging.settle(first, LIVE, timezone.now())
        settled(phone, LIVE)

    assert lines(written) == [("LIVE.POOR_QUALITY", False), ("ok", True)]
    last = written[-1]
    assert (last.app_id, last.bank_id) == (phone.person.partner.app_id, alpha.pk)
    assert (last.service, last.subject) == ("liveness", phone.session_id)
    assert len(last.request_id) <= 40
    msgspec.json.encode(written)


def test_what_could_not_be_written_is_told_again_as_the_same_call(
    alpha: Any, written: list[outcomes.Finished], django_capture_on_commit_callbacks: Any
) -> None:
    settled(begin(a_person(alpha)), LIVE)
    assert lines(written) == []

    for seconds in (30, 60):
        with django_capture_on_commit_callbacks(execute=True):
            tidying.tidy(timezone.now() + timedelta(seconds=seconds))

    assert lines(written) == [("ok", True)]
    assert Capture.objects.filter(metered_at__isnull=True).count() == 0
