"""Sessions that answer a step-up of the identity service."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from openapi_gateway.base_services.identity.choices import StepUpMethod
from openapi_gateway.base_services.identity.stepups import open_step_up, settle_step_up
from openapi_gateway.base_services.liveness import errors
from openapi_gateway.base_services.liveness.bodies import SessionBody
from openapi_gateway.base_services.liveness.choices import DECIDED, SessionState
from openapi_gateway.base_services.liveness.models import LivenessSession
from openapi_gateway.errors import GatewayRefused

if TYPE_CHECKING:
    from openapi_gateway.credentials.records import ClientRecord

# As long as a step-up waits.
REMEMBERED = timedelta(minutes=10)


def openid_of(client: ClientRecord, environment: str, body: SessionBody, at: datetime) -> str:
    """Of the person of the session. One that settles a step-up must be of that person, and compare
    the face with theirs: any living face would do otherwise."""
    if not body.challenge_id:
        return body.openid or ""
    method = StepUpMethod.LIVENESS
    found = open_step_up(body.challenge_id, client, environment, method, at)
    if body.openid and body.openid != found.openid:
        raise GatewayRefused(errors.STEP_UP_PERSON)
    if body.compare is None:
        raise GatewayRefused(errors.STEP_UP_COMPARE)
    return found.openid


def settle_on_commit(session: LivenessSession, at: datetime) -> None:
    if _is_decisive(session):
        transaction.on_commit(partial(_settle, session, at))


def settle_left_over(at: datetime) -> None:
    """Of sessions whose process died between its commit and the step-up's."""
    rows = LivenessSession.objects.filter(
        completed_at__gt=at - REMEMBERED, purged_at__isnull=True, state__in=DECIDED
    ).exclude(challenge_id="")
    for session in rows:
        if _is_decisive(session):
            _settle(session, at)


def _is_decisive(session: LivenessSession) -> bool:
    """What may be tried again leaves the step-up open."""
    return bool(session.challenge_id) and not session.retryable and session.state in DECIDED


def _settle(session: LivenessSession, at: datetime) -> None:
    settle_step_up(session.challenge_id, session.state == SessionState.PASSED, at)
