from __future__ import annotations

from celery import shared_task

from fuxiang_zone.sales import services
from tenants.fanout import for_each_bank


@shared_task(name="fuxiang_zone.tasks.expire_reservations")
def expire_reservations() -> int:
    """Gives overdue units of the current bank back; how many reservations they were of."""
    return services.expire_reservations()


@shared_task(name="fuxiang_zone.tasks.expire_reservations_everywhere")
def expire_reservations_everywhere() -> int:
    return for_each_bank("fuxiang_zone.tasks.expire_reservations", jitter=60)
