"""Tickets and tokens go 30 days after their end. Identifiers stay: partners know people by them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models

from openapi_gateway.base_services.identity.models import Ticket, TicketRate, Token

KEPT = timedelta(days=30)
RATES_KEPT = timedelta(hours=1)
SLICE = 5_000


def purge(at: datetime) -> int:
    """How many rows; safe to run twice and at once. Step-ups go with their token."""
    ended = at - KEPT
    return (
        _delete(Token.objects.filter(expires_at__lte=ended))
        + _delete(Ticket.objects.filter(expires_at__lte=ended, token__isnull=True))
        + _delete(TicketRate.objects.filter(minute__lte=at - RATES_KEPT))
    )


def _delete(rows: models.QuerySet) -> int:
    """In slices: no long transaction, no long list of ids."""
    total = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:SLICE]):
        total += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return total
