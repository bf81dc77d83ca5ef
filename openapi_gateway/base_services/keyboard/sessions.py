"""Beginning a session and showing its keypad to the phone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import UNSET

from openapi_gateway import errors
from openapi_gateway.base_services.keyboard import stash, step_ups
from openapi_gateway.base_services.keyboard.agreement import (
    ALGORITHM,
    offer_text,
    point_of,
    to_text,
)
from openapi_gateway.base_services.keyboard.choices import SessionState
from openapi_gateway.base_services.keyboard.layouts import draw_layout, glyphs_of
from openapi_gateway.base_services.keyboard.messages import Begin, Begun, EncryptionKey, Shown
from openapi_gateway.base_services.keyboard.models import PinSession
from openapi_gateway.base_services.keyboard.offers import sign_offer
from openapi_gateway.calls import Call, Reply
from openapi_gateway.credentials.directory import client_of, permit_for
from openapi_gateway.credentials.records import ClientRecord
from openapi_gateway.errors import GatewayRefused
from tenants.encryption import Digester
from tenants.search_path import on_public

SERVICE = "keyboard"
SECONDS = 120


def begin(call: Call) -> Reply:
    body: Begin = call.body
    client = client_in(call)
    challenge = step_ups.challenge_of(client, call.environment, body, call.at)
    token, expires_at = secrets.token_urlsafe(32), call.at + timedelta(seconds=SECONDS)
    sealed = stash.Secrets(ec.generate_private_key(ec.SECP256R1()), draw_layout())
    session = PinSession(
        session_id=f"ps_{secrets.token_urlsafe(24)}", bank_id=client.bank_id, app_id=client.app_id,
        environment=call.environment, purpose=body.purpose, length=body.length,
        token_digest=digest_of(token), server_random=secrets.token_urlsafe(32),
        device=digested(client, body.device_fp),
        account=None if body.account_ref is UNSET else digested(client, body.account_ref),
        openid=challenge.openid if challenge else body.openid,
        challenge_id=challenge.uid if challenge else None, created_at=call.at,
        expires_at=expires_at,
    )  # fmt: skip
    # The row first: secrets without a session would be of no use to anybody.
    session.save(force_insert=True)
    stash.keep(session.session_id, sealed, SECONDS)
    call.subject = session.session_id
    offer = _offer(session, sealed, call.at)
    return Reply(Begun(client_token=token, **offer), status=201)


def show_layout(call: Call) -> Reply:
    """To the phone: it knows the session's id and its token, and the session is not used yet."""
    session = PinSession.objects.filter(
        session_id=call.path["id"], environment=call.environment
    ).first()
    digest = b"" if session is None else bytes(session.token_digest)
    if session is None or not hmac.compare_digest(digest, digest_of(call.bearer)):
        raise GatewayRefused(errors.NOT_FOUND)
    client = client_of(session.app_id)
    if client is None:
        raise GatewayRefused(errors.NOT_FOUND)
    call.client, call.subject = client, session.session_id
    call.permit = permit_for(client, SERVICE, call.environment, call.at.timestamp())
    require_open(session, call.at)
    found = stash.look(session.session_id)
    if found is None:
        raise GatewayRefused(errors.SESSION_EXPIRED)
    offer = _offer(session, found, call.at)
    return Reply(Shown(origins=list(client.origins), **offer))


def client_in(call: Call) -> ClientRecord:
    if call.client is None:
        raise GatewayRefused(errors.NOT_FOUND)
    return call.client


def find_session(call: Call) -> PinSession:
    """The caller's own, in the environment it calls."""
    client = client_in(call)
    session = PinSession.objects.filter(
        session_id=call.path["id"], environment=call.environment, app_id=client.app_id,
        bank_id=client.bank_id,
    ).first()  # fmt: skip
    if session is None:
        raise GatewayRefused(errors.NOT_FOUND)
    call.subject = session.session_id
    return session


def require_open(session: PinSession, at: datetime) -> None:
    if session.state != SessionState.CREATED:
        raise GatewayRefused(errors.CONFLICT)
    if at >= session.expires_at:
        raise GatewayRefused(errors.SESSION_EXPIRED)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def digested(client: ClientRecord, value: str) -> UUID:
    """The same account of two banks, or device of two clients' banks, gives two digests."""
    with on_public():
        return Digester("keyboard").uuid(f"{client.bank_slug}\x1f{value}")


def _offer(session: PinSession, sealed: stash.Secrets, at: datetime) -> dict[str, Any]:
    pub = to_text(point_of(sealed.private_key.public_key()))
    layout = glyphs_of(sealed.layout)
    signed_by, signature = sign_offer(
        offer_text(
            session_id=session.session_id, app_id=session.app_id, environment=session.environment,
            purpose=session.purpose, length=session.length, server_random=session.server_random,
            layout=layout, expires_at=session.expires_at, pub=pub,
        )
    )  # fmt: skip
    return {
        "session_id": session.session_id,
        "app_id": session.app_id,
        "environment": session.environment,
        "purpose": session.purpose,
        "length": session.length,
        "layout": layout,
        "server_random": session.server_random,
        "enc_key": EncryptionKey(
            kid=f"{session.session_id}-key", alg=ALGORITHM, pub=pub, signature=to_text(signature),
            signed_by=signed_by,
        ),
        "expires_at": session.expires_at,
        "expires_in": max(0, int((session.expires_at - at).total_seconds())),
    }  # fmt: skip
