"""Engines that answer wrongly, late, or not at all; and engines that speak of their own accord."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.base_services.liveness import judging, tidying
from openapi_gateway.base_services.liveness.choices import CaptureState
from openapi_gateway.base_services.liveness.models import AttemptCount, Capture, LivenessSession
from openapi_gateway.outbox.models import Announcement
from openapi_gateway.upstream import liveness_engine
from openapi_gateway.upstream.callbacks import EngineReport
from openapi_gateway.upstream.liveness_engine import EngineAnswer
from openapi_gateway.upstream.models import Vendor
from tests.openapi_gateway.liveness.phones import Phone, a_capture, a_person, begin, judge_all

pytestmark = pytest.mark.usefixtures("simulators")
LIVE = EngineAnswer(
    "done", "liveness", "v-1", decision="live", score=judging.SAME_PERSON, code="LIVE.PASSED",
    billable=True,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _impatient(db: None) -> None:
    Vendor.objects.filter(code="liveness").update(total_ms=700)


def used(phone: Phone) -> list[int]:
    rows = AttemptCount.objects.filter(digest=phone.session.subject)
    return list(rows.values_list("used", flat=True))


@pytest.mark.parametrize(
    "fault",
    [
        "html", "nan", "infinity", "out-of-range", "wrong-schema", "wrong-type", "not-utf8",
        "nul", "server-error", "timeout", "no-answer", "hang-up", "drip", "huge", "redirect",
        "contradiction", "unknown-code",
    ],
)  # fmt: skip
def test_a_failing_engine_never_passes_anybody_and_the_attempt_is_given_back(
    alpha: Any, fault: str
) -> None:
    phone = begin(a_person(alpha))

    told = phone.try_with(fault)

    assert (told["status"], told["decision"]) == ("started", None)
    assert (told["attempts_left"], told["billable"]) == (3, False)
    assert told["failure_code"].startswith("UP.")
    assert told["retryable"] is True
    assert used(phone) == [0]
    assert Capture.objects.get(session=phone.session).media is None


def test_the_same_capture_may_come_again_when_nobody_judged_it(
    alpha: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, body = begin(a_person(alpha)), a_capture("html")
    phone.send(body)
    judge_all(phone.session)

    assert phone.send(body).status_code == 202


def test_an_engine_that_takes_its_time_is_asked_again(
    alpha: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any,
    queued: list[Any],
) -> None:  # fmt: skip
    phone = begin(a_person(alpha))
    with django_capture_on_commit_callbacks(execute=True):
        assert phone.try_with("live+no-callback")["status"] == "processing"
    assert phone.send(a_capture()).json()["code"] == "GW.STATE.CONFLICT"
    capture = Capture.objects.get(session=phone.session)
    assert (judging.COLLECT, (str(capture.uid),)) in queued

    monkeypatch.setattr(liveness_engine, "fetch", lambda **_about: LIVE)
    judging.collect_answer(capture.uid)

    assert phone.result()["status"] == "passed"


def test_an_engine_that_is_never_done_is_given_up(
    alpha: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = begin(a_person(alpha))
    phone.try_with("live+no-callback")
    early = timezone.now() - timedelta(seconds=31)
    capture = Capture.objects.get(session=phone.session)
    Capture.objects.filter(pk=capture.pk).update(received_at=early)
    monkeypatch.setattr(
        liveness_engine, "fetch", lambda **_about: EngineAnswer("processing", "liveness", "v")
    )

    judging.collect_answer(capture.uid)

    told = phone.result()
    assert (told["status"], told["attempts_left"]) == ("started", 3)
    assert told["failure_code"] == "UP.TIMEOUT"


def with_the_engine(phone: Phone) -> Capture:
    """Submitted, and no answer yet."""
    phone.send(a_capture())
    capture = Capture.objects.get(session=phone.session)
    Capture.objects.filter(pk=capture.pk).update(
        state=CaptureState.SUBMITTED, engine_ref=f"liveness.{capture.uid.hex}",
        lease_until=timezone.now() + judging.LEASE,
    )  # fmt: skip
    capture.refresh_from_db()
    return capture


def report(capture: Capture, answer: EngineAnswer = LIVE, **changes: Any) -> EngineReport:
    given = EngineReport(capture.engine_ref, capture.uid.hex, answer, timezone.now())
    return replace(given, **changes)


def test_a_callback_before_our_own_answer_counts_and_the_answer_does_not(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    capture = with_the_engine(phone)

    judging.take_report(report(capture))
    spoof = replace(LIVE, decision="spoof", code="LIVE.SPOOF_PHOTO")
    assert judging.settle(capture, spoof, timezone.now()) is False

    assert phone.result()["status"] == "passed"


def test_repeated_callbacks_change_nothing_and_tell_nobody_twice(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    capture = with_the_engine(phone)

    for _ in range(3):
        judging.take_report(report(capture))

    assert phone.result()["status"] == "passed"
    assert Announcement.objects.filter(data__session_id=phone.session_id).count() == 1


def test_a_callback_of_an_earlier_attempt_or_of_a_stranger_changes_nothing(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    phone.try_with("no-face")
    earlier = Capture.objects.get(session=phone.session)
    phone.send(a_capture())

    judging.take_report(report(earlier))
    judging.take_report(report(earlier, engine_ref="liveness.unknown"))
    judging.take_report(report(earlier, session_ref="other"))

    assert phone.result()["status"] == "processing"


def test_a_callback_after_the_end_changes_nothing(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    capture = with_the_engine(phone)
    LivenessSession.objects.filter(pk=phone.session.pk).update(
        deadline=timezone.now() - timedelta(seconds=1)
    )

    judging.take_report(report(capture))

    assert phone.result()["status"] == "expired"
    assert phone.session.decision == ""


def test_live_below_our_own_bar_is_uncertain_and_without_a_score_too(alpha: Any) -> None:
    for answer in (replace(LIVE, score=judging.THRESHOLDS["low"]), replace(LIVE, score=None)):
        phone = begin(a_person(alpha), risk_level="high")
        judging.settle(with_the_engine(phone), answer, timezone.now())
        assert phone.result()["status"] == "uncertain"


@pytest.mark.parametrize("similarity", [None, judging.SAME_PERSON - Decimal("0.0001")])
def test_a_comparison_that_does_not_convince_is_nowhere_told_as_live(
    alpha: Any, similarity: Decimal | None
) -> None:
    phone = begin(a_person(alpha), compare={"type": "id_photo", "ref": "p"})
    answer = replace(LIVE, similarity=similarity)
    judging.settle(with_the_engine(phone), answer, timezone.now())

    told = phone.result()
    assert (told["status"], told["failure_code"]) == ("failed", "LIVE.FACE_MISMATCH")
    assert told["decision"] is None
    body = {"result_token": told["result_token"], "biz_no": told["biz_no"]}
    used = phone.person.partner.post("/gw/v1/liveness/results:verify", body).json()
    assert (used["valid"], used["decision"]) == (True, None)


# --- Processes that die ---------------------------------------------------------------------------
def test_a_capture_whose_worker_died_before_the_engine_is_given_back(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    capture = with_the_engine(phone)
    Capture.objects.filter(pk=capture.pk).update(engine_ref="")

    tidying.tidy(timezone.now() + timedelta(seconds=31))

    told = phone.result()
    assert (told["status"], told["attempts_left"]) == ("started", 3)
    assert told["failure_code"] == "LIVE.CAPTURE_LOST"


def test_a_capture_whose_worker_died_after_the_engine_is_asked_for(
    alpha: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = begin(a_person(alpha))
    with_the_engine(phone)
    monkeypatch.setattr(liveness_engine, "fetch", lambda **_about: LIVE)

    tidying.tidy(timezone.now() + timedelta(seconds=31))

    assert phone.result()["status"] == "passed"


def test_a_capture_whose_key_is_gone_is_given_back(
    alpha: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = begin(a_person(alpha))
    phone.send(a_capture())
    monkeypatch.setattr(judging.media, "unseal", lambda *_about: None)

    judge_all(phone.session)

    assert phone.result()["failure_code"] == "LIVE.CAPTURE_LOST"


def test_the_clock_ends_a_session_and_partners_are_told_once(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    phone.send(a_capture())
    later = timezone.now() + timedelta(seconds=300)

    tidying.tidy(later)
    tidying.tidy(later)

    told = Announcement.objects.get(data__session_id=phone.session_id)
    assert told.data["status"] == "expired"
    assert not Capture.objects.filter(session=phone.session, media__isnull=False).exists()
    assert [each.reason for each in phone.session.purges.all()] == ["expired"]
