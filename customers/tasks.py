from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from customers import weeks
from tenants.fanout import for_each_bank

WEEKS_AHEAD = 2


@shared_task(name="customers.tasks.prepare_weeks")
def prepare_weeks() -> list[str]:
    """This week's partition of touchpoints and the next ones, for the current bank."""
    monday = weeks.week_of(timezone.now())
    return weeks.make_weeks(monday + timedelta(weeks=n) for n in range(WEEKS_AHEAD + 1))


@shared_task(name="customers.tasks.prepare_weeks_everywhere")
def prepare_weeks_everywhere() -> int:
    return for_each_bank("customers.tasks.prepare_weeks", jitter=600)


@shared_task(name="customers.tasks.drop_old_touchpoints")
def drop_old_touchpoints() -> int:
    """What is older than ``TOUCHPOINT_WEEKS`` goes; how many keys went with it."""
    first = weeks.first_kept_week(timezone.now())
    weeks.drop_weeks_before(first)
    return weeks.forget_keys_before(first)


@shared_task(name="customers.tasks.drop_old_touchpoints_everywhere")
def drop_old_touchpoints_everywhere() -> int:
    return for_each_bank("customers.tasks.drop_old_touchpoints", jitter=3600)
