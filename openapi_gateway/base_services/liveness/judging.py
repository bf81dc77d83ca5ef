"""From a sealed capture to an outcome. No transaction is open while the engine is asked.

Whatever tells an outcome first (our own question, a callback, a second question) settles it; what
comes later finds it settled and changes nothing. Only an answer that says "live" makes a session
pass: every failure of an engine gives the attempt back.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from openapi_gateway.base_services.liveness import errors, finishing, media, metering, sessions
from openapi_gateway.base_services.liveness.caps import give_attempt_back
from openapi_gateway.base_services.liveness.choices import CaptureState, Decision, SessionState
from openapi_gateway.base_services.liveness.models import ATTEMPTS, Capture, LivenessSession
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream import liveness_engine
from openapi_gateway.upstream.errors import TIMEOUT
from tenants.tasks_api import enqueue_on_commit

if TYPE_CHECKING:
    from openapi_gateway.upstream.callbacks import EngineReport
    from openapi_gateway.upstream.liveness_engine import EngineAnswer

logger = logging.getLogger(__name__)

COLLECT = "openapi_gateway.base_services.liveness.tasks.collect_answer"
# Longer than an engine's time budget.
LEASE = timedelta(seconds=30)
DISCARD = "openapi_gateway.base_services.liveness.tasks.discard_capture"
ASK_AGAIN_SECONDS = 2
# With an engine that says again and again that it is not done; the person may try once more.
PATIENCE = timedelta(seconds=30)
UNJUDGED = [CaptureState.WAITING, CaptureState.SUBMITTED]


def judge_capture(uid: uuid.UUID | str) -> None:
    """Hands the capture to the engine. Safe to run twice: the second finds it taken."""
    now = timezone.now()
    taken = Capture.objects.filter(uid=uid, state=CaptureState.WAITING).update(
        state=CaptureState.SUBMITTED, lease_until=now + LEASE
    )
    if not taken:
        return
    capture = Capture.objects.select_related("session").get(uid=uid)
    body = media.unseal(capture.uid, bytes(capture.media)) if capture.media else None
    if body is None or not capture.session.is_open_at(now):
        give_back(capture, errors.CAPTURE_LOST, now)
        return
    try:
        answer: EngineAnswer | None = _ask(capture, body)
    except GatewayRefused as refused:
        answer = _asked_again(capture, refused)
    if answer is not None:
        _take(capture, answer)


def _ask(capture: Capture, body: bytes) -> EngineAnswer:
    session = capture.session
    step = session.challenge[capture.step - 1]
    begun = liveness_engine.begin(
        environment=session.environment, session_ref=capture.uid.hex, mode=step["kind"],
        challenge=step.get("actions") or step.get("colours") or [],
        compare=sessions.compare_of(session),
    )  # fmt: skip
    # Before it is submitted: the engine's callback may be faster than its answer.
    Capture.objects.filter(pk=capture.pk).update(engine_ref=begun.engine_ref)
    capture.engine_ref = begun.engine_ref
    return liveness_engine.submit(
        environment=session.environment, engine_ref=begun.engine_ref, media=body,
        sha256=capture.sha256,
    )  # fmt: skip


def _asked_again(capture: Capture, refused: GatewayRefused) -> EngineAnswer | None:
    """What was sent may have been judged although its answer was lost: asked for once. None when
    there is no judgement; then the attempt is given back."""
    logger.warning("liveness.engine_failed capture=%s code=%s", capture.uid, refused.problem.code)
    if capture.engine_ref and getattr(refused, "was_sent", False):
        try:
            answer = _fetched(capture)
        except GatewayRefused:
            logger.warning("liveness.engine_silent capture=%s", capture.uid)
        else:
            if answer.state == "done":
                return answer
    give_back(capture, refused.problem.code, timezone.now())
    return None


def collect_answer(uid: uuid.UUID | str) -> None:
    """Asks an engine that takes its time; again in two seconds while it does."""
    capture = Capture.objects.select_related("session").get(uid=uid)
    if capture.state != CaptureState.SUBMITTED or not capture.engine_ref:
        return
    now = timezone.now()
    if not capture.session.is_open_at(now):
        return
    try:
        answer = _fetched(capture)
    except GatewayRefused:
        answer = None
    if answer is not None and answer.state == "done":
        settle(capture, answer, now)
    elif now - capture.received_at > PATIENCE:
        give_back(capture, TIMEOUT, now)
    else:
        _ask_later(capture)


def _fetched(capture: Capture) -> EngineAnswer:
    return liveness_engine.fetch(
        environment=capture.session.environment, engine_ref=capture.engine_ref
    )


def _take(capture: Capture, answer: EngineAnswer) -> None:
    if answer.state == "done":
        settle(capture, answer, timezone.now())
    else:
        _ask_later(capture)


def _ask_later(capture: Capture) -> None:
    with transaction.atomic():
        lease = timezone.now() + LEASE
        Capture.objects.filter(pk=capture.pk, state=CaptureState.SUBMITTED).update(
            lease_until=lease
        )
        enqueue_on_commit(COLLECT, str(capture.uid), countdown=ASK_AGAIN_SECONDS)


def take_report(report: EngineReport) -> None:
    """The engine's own word, by a signed callback: as good as its answer, once."""
    rows = Capture.objects.select_related("session").filter(engine_ref=report.engine_ref)
    for capture in rows:
        if capture.uid.hex == report.session_ref:
            settle(capture, report.answer, report.at)


# --- Settling -------------------------------------------------------------------------------------
def settle(capture: Capture, answer: EngineAnswer, at: datetime) -> bool:
    """False when it was settled before, or came too late to matter."""
    with transaction.atomic():
        session = _locked(capture)
        if not _close(capture, CaptureState.SETTLED, answer.code, at, answer.billable):
            return False
        metering.meter_on_commit(capture, session, answer.code, answer.billable, at)
        if session.state != SessionState.PROCESSING or not session.is_open_at(at):
            return False
        _apply(session, answer, at)
    media.shred(capture.uid)
    return True


def give_back(capture: Capture, code: str, at: datetime) -> bool:
    """Nobody judged it: the attempt does not count."""
    with transaction.atomic():
        session = _locked(capture)
        if not _close(capture, CaptureState.GIVEN_BACK, code, at):
            return False
        give_attempt_back(session, capture.received_at)
        metering.meter_on_commit(capture, session, code, False, at)
        if session.state == SessionState.PROCESSING and session.is_open_at(at):
            session.attempts_left = min(ATTEMPTS, session.attempts_left + 1)
            _again(session, code, at)
    media.shred(capture.uid)
    return True


def _locked(capture: Capture) -> LivenessSession:
    """The session's row first, for everybody who changes more than one."""
    rows = LivenessSession.objects.select_related("bank", "client")
    return rows.select_for_update(of=("self",)).get(pk=capture.session_id)


def _close(
    capture: Capture, state: CaptureState, code: str, at: datetime, billable: bool = False
) -> bool:
    closed = Capture.objects.filter(pk=capture.pk, state__in=UNJUDGED).update(
        state=state, failure_code=code, settled_at=at, media=None, lease_until=None,
        billable=billable,
    )  # fmt: skip
    if closed:
        enqueue_on_commit(DISCARD, str(capture.uid))
    return closed == 1


def _apply(session: LivenessSession, answer: EngineAnswer, at: datetime) -> None:
    session.billable = session.billable or answer.billable
    _copy(session, answer)
    decision, code = _verdict(session, answer)
    if not decision:
        if answer.retryable:
            _again(session, code, at)
        else:
            finishing.finish(session, SessionState.FAILED, "", code, at, retryable=False)
    elif decision == Decision.LIVE and code:
        # Of a living stranger nobody is told "live", neither here nor by the result token.
        finishing.finish(session, SessionState.FAILED, "", code, at, retryable=False)
    elif decision == Decision.LIVE:
        _passed(session, at)
    else:
        state = SessionState.FAILED if decision == Decision.SPOOF else SessionState.UNCERTAIN
        is_unsure = decision == Decision.UNCERTAIN
        finishing.finish(session, state, decision, code, at, retryable=is_unsure)


def _copy(session: LivenessSession, answer: EngineAnswer) -> None:
    session.score, session.similarity = answer.score, answer.similarity
    session.threshold = threshold_of(session)
    session.model_version, session.pad_level = answer.model_version or "", answer.pad_level or ""
    session.vendor, session.vendor_ref = answer.vendor or "", answer.vendor_ref or ""


# --- Our own bar, above the engine's --------------------------------------------------------------
THRESHOLDS = {"low": Decimal("0.70"), "medium": Decimal("0.80"), "high": Decimal("0.90")}
SAME_PERSON = Decimal("0.80")


def threshold_of(session: LivenessSession) -> Decimal:
    return THRESHOLDS[session.risk_level]


def _verdict(session: LivenessSession, answer: Any) -> tuple[str, str]:
    """The decision, or nothing when there is none, and the code of what stands in the way."""
    decision = str(answer.decision or "")
    if decision == Decision.SPOOF:
        return decision, answer.code or errors.SPOOF
    if decision == Decision.UNCERTAIN:
        return decision, answer.code or errors.UNCERTAIN
    if decision != Decision.LIVE:
        return "", answer.code or errors.NOT_JUDGED
    if answer.score is None or answer.score < threshold_of(session):
        return Decision.UNCERTAIN, errors.UNCERTAIN
    if session.compare_type and (answer.similarity is None or answer.similarity < SAME_PERSON):
        return decision, errors.NOT_SAME_PERSON
    return decision, ""


def _passed(session: LivenessSession, at: datetime) -> None:
    session.step += 1
    if session.step < len(session.challenge):
        # A step that is behind costs no attempt.
        session.attempts_left = min(ATTEMPTS, session.attempts_left + 1)
        finishing.go_on(session, "", at)
    else:
        finishing.finish(session, SessionState.PASSED, Decision.LIVE, "", at, retryable=False)


def _again(session: LivenessSession, code: str, at: datetime) -> None:
    if session.attempts_left > 0:
        finishing.go_on(session, code, at)
    else:
        finishing.finish(session, SessionState.FAILED, "", code, at, retryable=True)
