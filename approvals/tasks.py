from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from approvals import services


@shared_task(name="approvals.tasks.expire_requests")
def expire_requests() -> int:
    """Closes the overdue requests of the current schema; safe to run twice."""
    return services.expire_requests(timezone.now())
