"""Sessions, the digests of their captures and the proofs of deletion go when their time is over.
Scores and references went long before (``purging.retire``). Who was processed stays counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from openapi_gateway.base_services.liveness.choices import CaptureState
from openapi_gateway.base_services.liveness.models import (
    AttemptCount,
    Capture,
    LivenessSession,
    PurgeProof,
)
from openapi_gateway.metering.months import day_of
from tenants.search_path import on_public

SLICE = 500
# Still to be judged, or still to be billed.
_UNFINISHED = Q(state__in=[CaptureState.WAITING, CaptureState.SUBMITTED]) | Q(
    billable=True, metered_at__isnull=True
)


def purge(at: datetime) -> int:
    """How many sessions and counts; safe to run twice and at once."""
    before = at - timedelta(days=settings.GATEWAY_HISTORY_DAYS)
    with on_public():
        total = 0
        while number := _delete_sessions(before):
            total += number
        return total + AttemptCount.objects.filter(day__lt=day_of(before)).delete()[0]


def _delete_sessions(before: datetime) -> int:
    with transaction.atomic():
        rows = _ended(before).select_for_update(skip_locked=True).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:SLICE])
        PurgeProof.objects.filter(session__in=ids).delete()
        Capture.objects.filter(session__in=ids).delete()
        LivenessSession.objects.filter(pk__in=ids).delete()
    return len(ids)


def _ended(before: datetime) -> QuerySet[LivenessSession]:
    """Whose end was told, and of which nothing measured is left."""
    unfinished = Capture.objects.filter(_UNFINISHED, session=OuterRef("pk"))
    is_bare = Q(purged_at__isnull=False) | Q(completed_at__isnull=True)
    return LivenessSession.objects.filter(
        is_bare, ~Exists(unfinished), created_at__lt=before, announced_at__isnull=False
    )
