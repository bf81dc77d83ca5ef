"""Tickets as the app takes them, in the bank's schema: for one partner, 60 seconds, one use.

The ticket itself is nowhere: it is derived, under our key, from what its row keeps. So the same
request gives the same ticket again, and the database alone gives none.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from customers.choices import ConsentPurpose
from customers.consents import (
    refuse_reused_key,
    request_fingerprint,
    require_request_key,
    valid_consent,
)
from openapi_gateway.base_services.identity.choices import TICKET_SCOPES, Scope
from openapi_gateway.base_services.identity.errors import (
    ConsentNeeded,
    ScopeNotGranted,
    TooManyTickets,
    UnknownPartner,
)
from openapi_gateway.base_services.identity.models import Ticket
from openapi_gateway.base_services.identity.records import digest_of
from openapi_gateway.choices import Environment
from openapi_gateway.credentials.directory import client_of, permit_for
from openapi_gateway.credentials.records import ClientRecord, Permit
from openapi_gateway.errors import GatewayRefused
from tenants.encryption import Digester
from tenants.models import Bank

LIFE = timedelta(seconds=60)
PER_MINUTE = 20
SERVICE = "identity"
PURPOSE = "identity ticket"
_SALT_BYTES = 32
# A consent to one of these lets a ticket carry the scope.
_PROFILE = (ConsentPurpose.PROFILE,)
_LOGIN = (ConsentPurpose.LOGIN, ConsentPurpose.PROFILE)
CONSENTS = {Scope.PROFILE: _PROFILE, Scope.PHONE: _PROFILE, Scope.UNIONID: _LOGIN}
_CLAIM_RATE = """
    INSERT INTO public.gateway_identity_ticketrate AS rate (bank_id, customer_number, minute, count)
    VALUES (%s, %s, %s, 1)
    ON CONFLICT (bank_id, customer_number, minute) DO UPDATE SET count = rate.count + 1
        WHERE rate.count < %s
    RETURNING count
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the app asks for, checked for its form."""

    app_id: str
    environment: str
    scopes: Sequence[str]
    code_challenge: str
    device: str
    consent_id: UUID | None
    # Who signed in when and how, as the app's identity says.
    auth_time: datetime
    amr: Sequence[str]


@dataclass(frozen=True, slots=True)
class Issued:
    ticket: str
    expires_at: datetime
    scopes: Sequence[str]
    replayed: bool


def issue_ticket(*, bank: Bank, customer_number: str, wish: Wish, key: str, at: datetime) -> Issued:
    require_request_key(key)
    permit = partner_permit(bank, wish.app_id, SERVICE, wish.environment, at)
    _require_scopes(wish, permit)
    _require_consent(customer_number, wish, at)
    row, ticket = _drawn(bank, customer_number, wish, key, at)
    with transaction.atomic():
        Ticket.objects.bulk_create([row], ignore_conflicts=True)
        landed = Ticket.objects.get(bank=bank, customer_number=customer_number, request_key=key)
        if landed.digest == row.digest:
            _claim_rate(bank, customer_number, at)
            return Issued(ticket, row.expires_at, row.scopes, replayed=False)
    if landed.fingerprint != row.fingerprint:
        refuse_reused_key()
    return Issued(derived(bytes(landed.salt)), landed.expires_at, landed.scopes, replayed=True)


def partner(bank: Bank, app_id: str) -> ClientRecord:
    client = client_of(app_id)
    if client is None or client.bank_id != bank.pk or not client.is_open:
        raise UnknownPartner(_("app_id: this bank has no such partner."))
    return client


def partner_permit(bank: Bank, app_id: str, service: str, environment: str, at: datetime) -> Permit:
    """Why a grant does not hold is the partner's business, not the app's."""
    try:
        return permit_for(partner(bank, app_id), service, environment, at.timestamp())
    except GatewayRefused as refusal:
        raise UnknownPartner(
            _("app_id: this partner may not do this in the environment “%(environment)s” now.")
            % {"environment": Environment(environment).label}
        ) from refusal


def names_of_partners(app_ids: Collection[str]) -> dict[str, str]:
    found = (client_of(app_id) for app_id in app_ids)
    return {client.app_id: client.name for client in found if client is not None}


def derived(salt: bytes) -> str:
    """256 bits, of the current schema."""
    digester = Digester(PURPOSE)
    halves = (digester.digest(bytes([place]) + salt) for place in (1, 2))
    return base64.urlsafe_b64encode(b"".join(halves)).rstrip(b"=").decode()


def _require_scopes(wish: Wish, permit: Permit) -> None:
    allowed = TICKET_SCOPES & permit.scopes
    missing = [each for each in wish.scopes if each not in allowed]
    if missing:
        raise ScopeNotGranted(
            _("scopes: the partner's grant does not cover %(scopes)s.")
            % {"scopes": ", ".join(missing)}
        )


def _require_consent(customer_number: str, wish: Wish, at: datetime) -> None:
    purposes = _needed_purposes(wish)
    if not purposes:
        return
    consent = wish.consent_id and valid_consent(
        wish.consent_id, customer_number, wish.app_id, purposes, at
    )
    if not consent:
        raise ConsentNeeded(
            _("consent_id: name a consent of this customer to this partner that holds now.")
        )


def _needed_purposes(wish: Wish) -> Sequence[str]:
    """The narrowest of what the scopes ask for; a consent that is named must hold in any case."""
    needed = [CONSENTS[each] for each in wish.scopes if each in CONSENTS]
    if not needed:
        return _LOGIN if wish.consent_id else ()
    return min(needed, key=len)


def _drawn(
    bank: Bank, customer_number: str, wish: Wish, key: str, at: datetime
) -> tuple[Ticket, str]:
    salt = secrets.token_bytes(_SALT_BYTES)
    ticket = derived(salt)
    row = Ticket(
        digest=digest_of(ticket), bank=bank, app_id=wish.app_id, environment=wish.environment,
        customer_number=customer_number, scopes=list(wish.scopes), consent_id=wish.consent_id,
        code_challenge=wish.code_challenge, device_digest=digest_of(wish.device), salt=salt,
        request_key=key, amr=list(wish.amr), auth_time=min(wish.auth_time, at), issued_at=at,
        expires_at=at + LIFE,
        fingerprint=request_fingerprint(
            app_id=wish.app_id, environment=wish.environment, scopes=list(wish.scopes),
            challenge=wish.code_challenge, device=wish.device, consent=str(wish.consent_id),
        ),
    )  # fmt: skip
    return row, ticket


def _claim_rate(bank: Bank, customer_number: str, at: datetime) -> None:
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_RATE, [bank.pk, customer_number, minute, PER_MINUTE])
        if cursor.fetchone() is None:
            raise TooManyTickets(_("Too many tickets for this customer; try again in a minute."))
