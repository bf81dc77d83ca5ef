"""Attempts, one-use tokens, ends and caps with calls that really run at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from openapi_gateway.access.models import Application, Grant, GrantedService
from openapi_gateway.base_services.identity.models import Subject
from openapi_gateway.base_services.liveness import caps, deleting, judging
from openapi_gateway.base_services.liveness.choices import CaptureState, Counted
from openapi_gateway.base_services.liveness.models import (
    AttemptCount,
    Capture,
    FacePerson,
    LivenessSession,
    PurgeProof,
)
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.models import KeptAnswer
from openapi_gateway.outbox.models import Announcement
from openapi_gateway.upstream.liveness_engine import EngineAnswer
from tenants.models import Bank
from tests.approvals.racing import at_once, racing_bank
from tests.openapi_gateway.liveness.phones import (
    SESSIONS,
    Person,
    Phone,
    a_capture,
    a_person,
    begin,
    wish,
)
from tests.openapi_gateway.making import PRODUCTION, SANDBOX

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 50
VERIFY = "/gw/v1/liveness/results:verify"
LEFT = (
    Announcement, PurgeProof, Capture, AttemptCount, FacePerson, LivenessSession, KeptAnswer,
    Subject, GrantedService, Grant, Application, Key, Client,
)  # fmt: skip
LIVE = EngineAnswer(
    "done", "liveness", "v-1", decision="live", score=judging.THRESHOLDS["high"],
    code="LIVE.PASSED", billable=True,
)  # fmt: skip
SPOOF = replace(LIVE, decision="spoof", code="LIVE.SPOOF_PHOTO")


@pytest.fixture
def bank() -> Iterator[Bank]:
    with racing_bank() as made:
        yield made
        # What refers to the bank goes before it.
        for model in LEFT:
            rows = model._base_manager.all()
            rows._raw_delete(rows.db)


@pytest.fixture
def person(bank: Bank) -> Person:
    return a_person(bank, SANDBOX)


def statuses(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def sending(phone: Phone, body: bytes) -> Callable[[], Any]:
    return lambda: phone.send(body)


def again(phone: Phone) -> None:
    LivenessSession.objects.filter(pk=phone.session.pk, state="processing").update(state="started")


def with_the_engine(phone: Phone) -> Capture:
    phone.send(a_capture())
    Capture.objects.filter(session=phone.session).update(state=CaptureState.SUBMITTED)
    return Capture.objects.get(session=phone.session)


def test_of_many_captures_at_once_one_is_taken_and_one_attempt_is_gone(
    bank: Bank, person: Person
) -> None:
    phone = begin(person)

    answers = at_once(bank, *[sending(phone, a_capture()) for _ in range(20)])

    assert statuses(answers) == {202: 1, 409: 19}
    assert (phone.session.attempts_left, phone.session.captures.count()) == (2, 1)
    assert AttemptCount.objects.get().used == 1


def test_three_rounds_of_captures_at_once_use_three_attempts_exactly(
    bank: Bank, person: Person
) -> None:
    phone = begin(person)
    taken = 0
    for _round in range(4):
        answers = at_once(bank, *[sending(phone, a_capture()) for _ in range(8)])
        taken += statuses(answers)[202]
        again(phone)

    assert (taken, phone.session.attempts_left) == (3, 0)
    assert phone.send(a_capture()).json()["code"] == "LIVE.NO_ATTEMPTS"
    assert AttemptCount.objects.get().used == 3


def test_the_same_bytes_at_once_in_many_sessions_are_taken_once_in_production(bank: Bank) -> None:
    person = a_person(bank, PRODUCTION)
    phones, body = [begin(person) for _ in range(8)], a_capture()

    answers = at_once(bank, *[sending(phone, body) for phone in phones])

    assert statuses(answers) == {202: 1, 409: 7}
    assert sorted(phone.session.attempts_left for phone in phones) == [2, *[3] * 7]
    assert FacePerson.objects.count() == 1


def test_the_cap_of_a_person_is_exact_over_many_sessions_at_once(
    bank: Bank, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(caps.PER_DAY_SANDBOX, Counted.SUBJECT, 5)
    phones = [begin(person, device_id=f"device-{number}") for number in range(16)]

    answers = at_once(bank, *[sending(phone, a_capture()) for phone in phones])

    assert statuses(answers) == {202: 5, 429: 11}
    assert AttemptCount.objects.get(counted=Counted.SUBJECT).used == 5
    assert AttemptCount.objects.filter(counted=Counted.DEVICE).count() == 5
    assert Capture.objects.count() == 5


def test_of_fifty_verifications_at_once_one_is_valid(bank: Bank, person: Person) -> None:
    phone = begin(person)
    judging.settle(with_the_engine(phone), LIVE, timezone.now())
    body = {"result_token": phone.result()["result_token"], "biz_no": phone.session.biz_no}

    def verify() -> Any:
        return replace(person.partner, browser=Browser()).post(VERIFY, body)

    answers = at_once(bank, *[verify for _ in range(MANY)])

    assert Counter(answer.json()["valid"] for answer in answers) == {True: 1, False: MANY - 1}
    assert len({answer.json()["consumed_at"] for answer in answers}) == 1


def test_callbacks_answers_and_failures_at_once_settle_a_capture_once(
    bank: Bank, person: Person
) -> None:
    phone = begin(person)
    capture, now = with_the_engine(phone), timezone.now()

    told = at_once(
        bank,
        *[lambda: judging.settle(capture, LIVE, now) for _ in range(5)],
        *[lambda: judging.settle(capture, SPOOF, now) for _ in range(5)],
        *[lambda: judging.give_back(capture, "UP.TIMEOUT", now) for _ in range(5)],
    )

    assert Counter(told) == {True: 1, False: 14}
    state = phone.session.state
    ends = Announcement.objects.filter(data__session_id=phone.session_id).count()
    assert (state, ends) in (("passed", 1), ("failed", 1), ("started", 0))


def test_deleting_while_it_is_judged_ends_in_one_of_two_ways(bank: Bank, person: Person) -> None:
    phone = begin(person)
    capture, now, pk = with_the_engine(phone), timezone.now(), phone.session.pk

    at_once(
        bank,
        lambda: judging.settle(capture, LIVE, now),
        *[lambda: deleting.delete_session(phone.session_id, pk, now) for _ in range(6)],
    )

    assert phone.session.state in ("passed", "cancelled")
    assert phone.session.score is None
    assert PurgeProof.objects.filter(reason="cancelled").count() == 1
    assert not Capture.objects.filter(media__isnull=False).exists()


def test_one_business_number_at_once_begins_one_session(bank: Bank, person: Person) -> None:
    body = wish(person)

    def beginning() -> Any:
        return replace(person.partner, browser=Browser()).post(SESSIONS, body)

    answers = at_once(bank, *[beginning for _ in range(12)])

    assert statuses(answers) == {201: 1, 409: 11}
    assert LivenessSession.objects.count() == 1
