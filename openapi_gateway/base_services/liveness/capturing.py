"""A phone's upload: claimed, counted and sealed in one transaction, judged afterwards by a task."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from openapi_gateway import errors as gateway_errors
from openapi_gateway.base_services.liveness import caps, errors, media, persons
from openapi_gateway.base_services.liveness.choices import (
    DECIDED,
    EXPIRED,
    CaptureState,
    SessionState,
)
from openapi_gateway.base_services.liveness.models import Capture, LivenessSession
from openapi_gateway.base_services.liveness.sessions import is_production
from openapi_gateway.base_services.liveness.subjects import has_consent
from openapi_gateway.errors import GatewayRefused
from tenants.tasks_api import enqueue_on_commit

PROCESS = "openapi_gateway.base_services.liveness.tasks.judge_capture"
# For the engine, its retries and a callback; then the clock ends the session.
JUDGED_WITHIN = timedelta(seconds=60)


def accept_capture(
    session: LivenessSession,
    *,
    body: bytes,
    content_type: str,
    digest: str,
    step: int,
    request_id: str,
    at: datetime,
) -> LivenessSession:
    """Raises ``GatewayRefused``; then nothing was counted."""
    _require_open(session, step, at)
    sha256 = media.require_media(body, content_type, digest)
    if not has_consent(session.bank, session.client.app_id, session.consent_id, at):
        raise GatewayRefused(errors.CONSENT_INVALID)
    capture = Capture(
        uid=uuid.uuid4(), session=session, step=step, sha256=sha256, size=len(body),
        content_type=content_type.partition(";")[0].strip().lower(), request_id=request_id,
        replay_scope=_replay_scope(session), received_at=at,
    )  # fmt: skip
    capture.media = media.seal(capture.uid, body)
    with transaction.atomic():
        _claim(session, step, at)
        _keep(capture)
        caps.claim_attempt(session, at)
        persons.count_person(session, at)
        enqueue_on_commit(PROCESS, str(capture.uid))
    session.refresh_from_db()
    return session


def _replay_scope(session: LivenessSession) -> str:
    """A recording that fooled nobody yesterday is no new capture today; in the sandbox partners try
    with the same files again and again."""
    return session.bank.schema_name if is_production(session) else session.session_id


def _claim(session: LivenessSession, step: int, at: datetime) -> None:
    claimed = LivenessSession.objects.filter(
        pk=session.pk, state__in=[SessionState.CREATED, SessionState.STARTED],
        attempts_left__gt=0, expires_at__gt=at, step=step - 1,
    ).update(
        state=SessionState.PROCESSING, attempts_left=F("attempts_left") - 1,
        started_at=Coalesce("started_at", at), deadline=at + JUDGED_WITHIN,
        failure_code="", retryable=False,
    )  # fmt: skip
    if claimed != 1:
        session.refresh_from_db()
        _require_open(session, step, at)
        raise GatewayRefused(gateway_errors.CONFLICT)


def _keep(capture: Capture) -> None:
    Capture.objects.bulk_create([capture], ignore_conflicts=True)
    if not Capture.objects.filter(uid=capture.uid).exists():
        raise GatewayRefused(errors.CAPTURE_REPLAYED)


def _require_open(session: LivenessSession, step: int, at: datetime) -> None:
    state = session.state_at(at)
    if state == EXPIRED or (state in (SessionState.CREATED, SessionState.STARTED)
                            and session.expires_at <= at):  # fmt: skip
        raise GatewayRefused(gateway_errors.SESSION_EXPIRED)
    if state in (*DECIDED, SessionState.CANCELLED, SessionState.PROCESSING):
        raise GatewayRefused(gateway_errors.CONFLICT, state=state)
    if session.attempts_left == 0:
        raise GatewayRefused(errors.NO_ATTEMPTS)
    if step != session.step + 1:
        raise GatewayRefused(errors.STEP_ORDER, next_step=session.step + 1)


def waiting_captures(before: datetime) -> list[Capture]:
    """Taken up by nobody, or by somebody who is taken for dead."""
    rows = Capture.objects.filter(
        state__in=[CaptureState.WAITING, CaptureState.SUBMITTED], received_at__lt=before
    )
    return list(rows.order_by("pk")[:200])
