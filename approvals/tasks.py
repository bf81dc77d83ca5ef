from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from approvals import services
from tenants.fanout import for_each_bank


@shared_task(name="approvals.tasks.expire_requests")
def expire_requests() -> int:
    """Closes the overdue requests of the current schema; safe to run twice."""
    return services.expire_requests(timezone.now())


@shared_task(name="approvals.tasks.expire_everywhere")
def expire_everywhere() -> int:
    """By the clock, on public: the platform's own requests, then a task for each bank."""
    services.expire_requests(timezone.now())
    return for_each_bank("approvals.tasks.expire_requests", jitter=60)
