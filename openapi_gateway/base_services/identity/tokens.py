"""Access tokens: opaque, of one client in one environment, ended once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import models

from openapi_gateway.base_services.identity import records
from openapi_gateway.base_services.identity.models import Token


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
