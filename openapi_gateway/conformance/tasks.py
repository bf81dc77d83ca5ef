from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from openapi_gateway.conformance import runs


@shared_task(name="openapi_gateway.conformance.tasks.close_runs")
def close_runs() -> int:
    """Judges what was left open, and forgets old observations."""
    now = timezone.now()
    runs.purge_observations(now)
    return runs.close_expired_runs(now)
