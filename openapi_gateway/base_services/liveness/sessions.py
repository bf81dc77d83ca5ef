"""Beginning, finding and starting sessions."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import transaction
from django_tenants.utils import tenant_context

from openapi_gateway import errors as gateway_errors
from openapi_gateway.base_services.liveness import errors, step_ups
from openapi_gateway.base_services.liveness.bodies import SessionBody
from openapi_gateway.base_services.liveness.challenges import draw_challenge
from openapi_gateway.base_services.liveness.choices import EXPIRED, Mode, Risk, SessionState
from openapi_gateway.base_services.liveness.models import LivenessSession
from openapi_gateway.base_services.liveness.subjects import Person, keyed, person_of
from openapi_gateway.choices import Environment
from openapi_gateway.errors import GatewayRefused
from tenants.encryption import Cipher
from tenants.models import Bank
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from openapi_gateway.credentials.records import ClientRecord, Permit

PREFIX = "ls_"
COMPARE_SCOPE = "liveness.compare"
COMPARE_PURPOSE = "liveness compare"


def begin_session(
    *, client: ClientRecord, permit: Permit, environment: str, body: SessionBody, at: datetime
) -> tuple[LivenessSession, str]:
    """The session, and the phone's token, which is never told again."""
    _require_granted(permit, environment, body)
    bank = Bank.objects.get(pk=client.bank_id)
    openid = step_ups.openid_of(client, environment, body, at)
    person = person_of(bank, client.app_id, openid, body.consent_id, at)
    token = secrets.token_urlsafe(32)
    session = _drawn(body, person, token, at)
    session.openid = openid
    session.bank, session.client_id, session.environment = bank, client.client_id, environment
    with transaction.atomic():
        LivenessSession.objects.bulk_create([session], ignore_conflicts=True)
    landed = LivenessSession.objects.of_client(client.client_id, environment).get(
        biz_no=body.biz_no
    )
    if landed.session_id != session.session_id:
        raise GatewayRefused(errors.BIZ_NO_USED, session_id=landed.session_id)
    return landed, token


def _require_granted(permit: Permit, environment: str, body: SessionBody) -> None:
    if body.compare is not None and COMPARE_SCOPE not in permit.scopes:
        raise GatewayRefused(errors.COMPARE_SCOPE)
    if body.callback_url and body.callback_url not in permit.callback_urls.get(environment, ()):
        raise GatewayRefused(errors.CALLBACK_NOT_LISTED)


def _drawn(body: SessionBody, person: Person, token: str, at: datetime) -> LivenessSession:
    session_id, ends = PREFIX + secrets.token_urlsafe(24), at + timedelta(seconds=body.ttl)
    compare = body.compare
    return LivenessSession(
        session_id=session_id, biz_no=body.biz_no, scene=body.scene, mode=body.mode,
        risk_level=body.risk_level, subject=person.subject,
        masked_subject=person.masked, consent_id=body.consent_id,
        compare_type=compare.type if compare else "",
        compare_ref=_sealed(compare.ref, session_id) if compare else None,
        fallback_method=body.fallback_method, callback_url=body.callback_url or "",
        challenge_id=body.challenge_id or "",
        device=keyed(f"device {body.device_id}") if body.device_id else "",
        challenge=draw_challenge(Mode(body.mode), Risk(body.risk_level)),
        token_digest=digest_of(token), created_at=at, expires_at=ends, deadline=ends,
    )  # fmt: skip


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


# --- Finding -------------------------------------------------------------------------------------
def session_of_client(client: ClientRecord, environment: str, session_id: str) -> LivenessSession:
    rows = LivenessSession.objects.of_client(client.client_id, environment)
    found = rows.filter(session_id=session_id).first()
    if found is None:
        raise GatewayRefused(gateway_errors.NOT_FOUND)
    return found


def session_of_phone(environment: str, session_id: str, token: str) -> LivenessSession:
    """A wrong token is no session: whoever guesses learns nothing."""
    rows = LivenessSession.objects.select_related("client")
    found = rows.filter(environment=environment, session_id=session_id).first()
    given = digest_of(token)
    if found is None or not hmac.compare_digest(found.token_digest, given):
        raise GatewayRefused(gateway_errors.NOT_FOUND)
    return found


def start_session(session: LivenessSession, at: datetime) -> LivenessSession:
    """The phone has its challenge; again is as good as once."""
    LivenessSession.objects.open(at).filter(pk=session.pk, state=SessionState.CREATED).update(
        state=SessionState.STARTED, started_at=at
    )
    session.refresh_from_db()
    if session.state_at(at) == EXPIRED:
        raise GatewayRefused(gateway_errors.SESSION_EXPIRED)
    return session


# --- What is compared with -----------------------------------------------------------------------
def _sealed(ref: str, session_id: str) -> bytes:
    with tenant_context(PLATFORM):
        return Cipher(COMPARE_PURPOSE).encrypt(ref.encode(), session_id.encode())


def compare_of(session: LivenessSession) -> dict[str, str] | None:
    if session.compare_ref is None:
        return None
    with tenant_context(PLATFORM):
        ref = Cipher(COMPARE_PURPOSE).decrypt(
            bytes(session.compare_ref), session.session_id.encode()
        )
    return {"type": session.compare_type, "ref": ref.decode()}


def is_production(session: LivenessSession) -> bool:
    return session.environment == Environment.PRODUCTION
