"""The end of a session: written and announced once, in one transaction."""

from __future__ import annotations

import secrets
from datetime import datetime

from openapi_gateway.base_services.liveness import purging, step_ups
from openapi_gateway.base_services.liveness.choices import (
    EXPIRED,
    PurgeReason,
    SessionState,
)
from openapi_gateway.base_services.liveness.models import LivenessSession
from openapi_gateway.outbox.services import announce

FINISHED = "liveness.finished"


def finish(
    session: LivenessSession,
    state: SessionState,
    decision: str,
    code: str,
    at: datetime,
    *,
    retryable: bool,
) -> None:
    """The caller holds the session's row."""
    session.state, session.decision, session.failure_code = state, decision, code
    session.retryable, session.completed_at = retryable, at
    session.result_jti = secrets.token_urlsafe(18)
    session.save()
    purging.prove(session, PurgeReason.PROCESSED, at)
    tell(session, at)
    step_ups.settle_on_commit(session, at)


def go_on(session: LivenessSession, code: str, at: datetime) -> None:
    """Open again for the next capture, until the session's own end."""
    session.state, session.deadline = SessionState.STARTED, session.expires_at
    session.failure_code, session.retryable = code, bool(code)
    session.save()


def tell(session: LivenessSession, at: datetime) -> None:
    """Once per session, whatever its end; in the transaction of the end."""
    told = LivenessSession.objects.filter(pk=session.pk, announced_at__isnull=True)
    if not told.update(announced_at=at):
        return
    announce(
        FINISHED, bank=session.bank, app_id=session.client.app_id,
        environment=session.environment, callback_url=session.callback_url, at=at,
        data=facts_of(session, at),
    )  # fmt: skip


def facts_of(session: LivenessSession, at: datetime) -> dict[str, object]:
    """What may travel to a callback address: the result itself is fetched, signed."""
    state = session.state_at(at)
    return {
        "session_id": session.session_id,
        "biz_no": session.biz_no,
        "status": str(state),
        "decision": session.decision or None,
        "failure_code": session.failure_code or None,
        "completed_at": (session.completed_at or at).isoformat(),
        "is_expired": state == EXPIRED,
    }
