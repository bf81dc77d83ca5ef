"""A ticket becomes a token, once.

The first valid exchange wins. Every other one that would have been valid but for the use, at the
same moment or at any time later, is a replay: it is refused and ends the winner's token (OWASP ASVS
10.4.2). A retry of the very same call, by its Idempotency-Key, is answered before it comes here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from openapi_gateway import errors
from openapi_gateway.base_services.identity import records, subjects, tokens
from openapi_gateway.base_services.identity.choices import Acr, Scope, TicketState
from openapi_gateway.base_services.identity.errors import VERIFIER
from openapi_gateway.base_services.identity.models import Ticket, Token
from openapi_gateway.base_services.identity.records import digest_of
from openapi_gateway.credentials.records import ClientRecord
from openapi_gateway.errors import GatewayRefused

LIFE = timedelta(seconds=7200)
# A ticket that meets so many wrong verifiers is over.
MAX_WRONG_VERIFIERS = 3
REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Exchanged:
    access_token: str
    token: Token
    unionid: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    ticket: str
    code_verifier: str
    client: ClientRecord
    environment: str
    key_id: str
    # What the client's grant covers now.
    scopes: frozenset[str]
    at: datetime
    client_address: str | None = None


def exchange(attempt: Attempt) -> Exchanged:
    challenge = challenge_of(attempt.code_verifier)
    mine = Ticket.objects.filter(
        digest=digest_of(attempt.ticket), app_id=attempt.client.app_id,
        bank_id=attempt.client.bank_id, environment=attempt.environment,
    )  # fmt: skip
    with transaction.atomic():
        won = mine.filter(
            state=TicketState.ISSUED, code_challenge=challenge, expires_at__gt=attempt.at
        ).update(state=TicketState.REDEEMED, redeemed_at=attempt.at)
        found = _issued(mine.get(), attempt) if won else None
    if found is None:
        raise _refusal(mine.first(), challenge, attempt)
    records.warm(found.token, attempt.at)
    return found


def challenge_of(verifier: str) -> str:
    """RFC 7636, S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _issued(ticket: Ticket, attempt: Attempt) -> Exchanged:
    """In the transaction that has claimed the ticket."""
    client, at, secret = attempt.client, attempt.at, secrets.token_urlsafe(32)
    scopes = [each for each in ticket.scopes if each in attempt.scopes]
    token = Token.objects.create(
        digest=digest_of(secret), ticket=ticket, bank_id=ticket.bank_id, app_id=ticket.app_id,
        environment=ticket.environment, key_id=attempt.key_id,
        openid=subjects.openid_of(client, ticket.customer_number, at),
        customer_number=ticket.customer_number, scopes=scopes, consent_id=ticket.consent_id,
        acr=Acr.SIGNED_IN, amr=ticket.amr, auth_time=ticket.auth_time,
        session_ref=f"s_{secrets.token_urlsafe(16)}", client_address=attempt.client_address,
        issued_at=at, expires_at=at.replace(microsecond=0) + LIFE,
    )  # fmt: skip
    unionid = None
    if Scope.UNIONID in scopes:
        unionid = subjects.unionid_of(client, ticket.customer_number, at)
    return Exchanged(secret, token, unionid)


def _refusal(ticket: Ticket | None, challenge: str, attempt: Attempt) -> GatewayRefused:
    if ticket is None:
        return GatewayRefused(errors.NOT_FOUND)
    is_holder = hmac.compare_digest(ticket.code_challenge, challenge)
    if is_holder and ticket.state == TicketState.REDEEMED:
        issued = list(tokens.live_tokens(attempt.at).filter(ticket=ticket))
        tokens.revoke_tokens(issued, REPLAYED, attempt.at)
        return GatewayRefused(errors.TICKET_EXPIRED)
    if is_holder or ticket.state != TicketState.ISSUED or ticket.expires_at <= attempt.at:
        return GatewayRefused(errors.TICKET_EXPIRED)
    _count_wrong_verifier(ticket)
    return GatewayRefused(VERIFIER)


def _count_wrong_verifier(ticket: Ticket) -> None:
    issued = Ticket.objects.filter(pk=ticket.pk, state=TicketState.ISSUED)
    issued.update(wrong_verifiers=F("wrong_verifiers") + 1)
    issued.filter(wrong_verifiers__gte=MAX_WRONG_VERIFIERS).update(state=TicketState.REVOKED)
