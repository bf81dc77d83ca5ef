"""What came of callbacks goes when its time is over: finished ones with their attempts, then the
announcements that nothing refers to any more. What still waits stays, however old it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from openapi_gateway.outbox.models import Announcement
from openapi_gateway.webhooks.choices import DeliveryState
from openapi_gateway.webhooks.models import Delivery
from tenants.search_path import on_public

SLICE = 1_000


def purge(at: datetime) -> int:
    """How many rows; safe to run twice and at once."""
    before = at - timedelta(days=settings.GATEWAY_HISTORY_DAYS)
    with on_public():
        return _delete(_finished(before)) + _delete(_announced(before))


def _finished(before: datetime) -> QuerySet[Delivery]:
    """One that was sent again stays as long as what came of that: the newest goes first."""
    again = Delivery.objects.filter(again=OuterRef("pk"))
    rows = Delivery.objects.exclude(state=DeliveryState.WAITING).filter(finished_at__lt=before)
    return rows.filter(~Exists(again))


def _announced(before: datetime) -> QuerySet[Announcement]:
    told = Delivery.objects.filter(announcement=OuterRef("pk"))
    return Announcement.objects.filter(~Exists(told), taken_at__lt=before)


def _delete(rows: QuerySet) -> int:
    """In slices: no long transaction, no long list of ids. Whoever sends one again holds its row,
    and keeps it."""
    total = 0
    while True:
        with transaction.atomic():
            mine = rows.select_for_update(skip_locked=True).order_by("pk")
            ids = list(mine.values_list("pk", flat=True)[:SLICE])
            if not ids:
                return total
            rows.model._default_manager.filter(pk__in=ids).delete()
        total += len(ids)
