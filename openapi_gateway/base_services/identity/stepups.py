"""Step-up: a partner asks for more certainty about the person of one session; a liveness check or a
password on the keyboard gives it, once, within ten minutes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from openapi_gateway import errors
from openapi_gateway.base_services.identity import records, tokens
from openapi_gateway.base_services.identity.choices import (
    METHOD_OF,
    Acr,
    StepUpMethod,
    StepUpState,
)
from openapi_gateway.base_services.identity.errors import ACR_REACHED, CALLBACK, NO_SESSION
from openapi_gateway.base_services.identity.models import StepUp, Token
from openapi_gateway.credentials.directory import permit_for
from openapi_gateway.credentials.records import ClientRecord, Permit
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.outbox.services import announce
from tenants.models import Bank

LIFE = timedelta(minutes=10)


def begin_step_up(
    *,
    client: ClientRecord,
    permit: Permit,
    environment: str,
    openid: str,
    session_ref: str,
    required_acr: Acr,
    reason: str,
    callback_url: str,
    at: datetime,
) -> StepUp:
    """Of the session that is named, or of the person's latest with this client."""
    if callback_url and callback_url not in permit.callback_urls.get(environment, ()):
        raise GatewayRefused(CALLBACK)
    method = METHOD_OF[required_acr]
    # Raises: without that service, nothing could ever settle it.
    permit_for(client, method, environment, at.timestamp())
    token = _session(client, environment, openid, session_ref, at)
    if Acr(token.acr).rank >= required_acr.rank:
        raise GatewayRefused(ACR_REACHED)
    return StepUp.objects.create(
        token=token, bank_id=token.bank_id, app_id=token.app_id, environment=environment,
        openid=openid, required_acr=required_acr, method=method, reason=reason,
        callback_url=callback_url, created_at=at, expires_at=at + LIFE,
    )  # fmt: skip


def step_up_of(uid: str, client: ClientRecord, environment: str) -> StepUp:
    """Raises ``GatewayRefused``: what belongs to others is not found."""
    rows = StepUp.objects.filter(
        uid=_uuid(uid), app_id=client.app_id, bank_id=client.bank_id, environment=environment
    )
    found = rows.first()
    if found is None:
        raise GatewayRefused(errors.NOT_FOUND)
    return found


def open_step_up(
    uid: str, client: ClientRecord, environment: str, method: StepUpMethod, at: datetime
) -> StepUp:
    """For the service that begins the session which shall settle it."""
    found = step_up_of(uid, client, environment)
    if found.method != method:
        raise GatewayRefused(errors.CONFLICT)
    if state_of(found, at) != StepUpState.CREATED:
        raise GatewayRefused(errors.SESSION_EXPIRED)
    return found


def settle_step_up(uid: uuid.UUID | str, passed: bool, at: datetime) -> bool:
    """By the liveness or keyboard service, once, with what its session found; whether this was the
    settling. Passed, the session's token tells the certainty that was asked for. Outside any
    transaction; raises ``GatewayRefused`` when Redis is away, and nothing has happened."""
    state = StepUpState.PASSED if passed else StepUpState.FAILED
    waiting = StepUp.objects.filter(uid=_uuid(uid), state=StepUpState.CREATED, expires_at__gt=at)
    with transaction.atomic():
        if not waiting.update(state=state, settled_at=at):
            return False
        step_up = StepUp.objects.select_related("token").get(uid=uid)
        token = _raised(step_up, at) if passed else None
        _announce(step_up, at)
    if token is not None:
        records.renew(token, at)
    return True


def state_of(step_up: StepUp, at: datetime) -> str:
    if step_up.state == StepUpState.CREATED and step_up.expires_at <= at:
        return "expired"
    return step_up.state


def _raised(step_up: StepUp, at: datetime) -> Token | None:
    """The row as it is now; none of a session that has ended meanwhile."""
    token = tokens.live_tokens(at).select_for_update().filter(pk=step_up.token_id).first()
    if token is None:
        return None
    wanted = Acr(step_up.required_acr)
    token.acr = max(Acr(token.acr), wanted, key=lambda each: each.rank)
    token.amr = [*token.amr, *{StepUpMethod(step_up.method).amr}.difference(token.amr)]
    token.auth_time = at
    token.save(update_fields=["acr", "amr", "auth_time"])
    records.drop(token)
    return token


def _announce(step_up: StepUp, at: datetime) -> None:
    announce(
        "identity.stepped_up", bank=Bank.objects.get(pk=step_up.bank_id), app_id=step_up.app_id,
        environment=step_up.environment, callback_url=step_up.callback_url, at=at,
        data={
            "challenge_id": str(step_up.uid),
            "state": step_up.state,
            "openid": step_up.openid,
            "required_acr": step_up.required_acr,
        },
    )  # fmt: skip


def _session(
    client: ClientRecord, environment: str, openid: str, session_ref: str, at: datetime
) -> Token:
    rows = tokens.live_tokens(at).filter(
        app_id=client.app_id, bank_id=client.bank_id, environment=environment, openid=openid
    )
    if session_ref:
        rows = rows.filter(session_ref=session_ref)
    found = rows.order_by("-issued_at", "-pk").first()
    if found is None:
        raise GatewayRefused(NO_SESSION)
    return found


def _uuid(text: uuid.UUID | str) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError as error:
        raise GatewayRefused(errors.NOT_FOUND) from error
