"""Access tokens: opaque, of one client in one environment, ended once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import models

from openapi_gateway.base_services.identity import records
from openapi_gateway.base_services.identity.choices import TicketState
from openapi_gateway.base_services.identity.models import Ticket, Token

CONSENT_WITHDRAWN = "consent"


def live_tokens(at: datetime) -> models.QuerySet[Token]:
    return Token.objects.filter(revoked_at__isnull=True, expires_at__gt=at)


def own_token(digest: str, app_id: str, environment: str, at: datetime) -> Token | None:
    """The live token of this client in this environment."""
    rows = live_tokens(at).filter(digest=digest, app_id=app_id, environment=environment)
    return rows.first()


def revoke_tokens(tokens: Sequence[Token], reason: str, at: datetime) -> int:
    """The tombstones first: from then on no process calls them active. Raises ``GatewayRefused``
    when Redis is away, and nothing has happened."""
    records.bury(tokens, at)
    rows = Token.objects.filter(pk__in=[each.pk for each in tokens], revoked_at__isnull=True)
    return rows.update(revoked_at=at, revocation_reason=reason)


def end_with_consent(bank_id: int, customer_number: str, consent_id: UUID, at: datetime) -> None:
    """What was given on a consent that is withdrawn: tickets first, so that none is exchanged
    behind our back. Again ends what is left; raises as ``revoke_tokens``."""
    given = {"bank_id": bank_id, "customer_number": customer_number, "consent_id": consent_id}
    Ticket.objects.filter(state=TicketState.ISSUED, **given).update(state=TicketState.REVOKED)
    revoke_tokens(list(live_tokens(at).filter(**given)), CONSENT_WITHDRAWN, at)


def was_ended_with_consent(digest: str, app_id: str, environment: str, at: datetime) -> bool:
    return Token.objects.filter(
        digest=digest, app_id=app_id, environment=environment, expires_at__gt=at,
        revocation_reason=CONSENT_WITHDRAWN,
    ).exists()  # fmt: skip
