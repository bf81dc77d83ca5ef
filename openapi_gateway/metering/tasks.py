from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from openapi_gateway.metering import months, rollups
from openapi_gateway.metering.draining import drain

MONTHS_AHEAD = 2


@shared_task(name="openapi_gateway.metering.tasks.drain_calls")
def drain_calls() -> int:
    return drain().calls


@shared_task(name="openapi_gateway.metering.tasks.keep_months")
def keep_months() -> list[str]:
    """Makes the partitions of the log that will be needed, and drops those whose time is over."""
    now = timezone.now()
    first = months.month_of(now)
    made = months.make_months(months.later(first, n) for n in range(MONTHS_AHEAD + 1))
    dropped = months.drop_months_before(months.first_kept_month(now))
    rollups.forget_hours_before(now - timedelta(days=rollups.HOURS_KEPT_DAYS))
    return [*made, *dropped]
