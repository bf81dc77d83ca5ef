"""Events as the intake takes them, and what they add up to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from customers.models import ItemDay, ShowCounter, Touchpoint, TouchpointKey
from customers.touchpoints import Event, Taken, take_in

ITEM = UUID("00000000-0000-4000-8000-00000000a001")


def event(**fields: Any) -> Event:
    given: dict[str, Any] = {
        "event_id": uuid4(), "customer_number": "C1", "kind": "impression", "item_kind": "ad",
        "item_uid": ITEM, "item_version": 1, "placement": "splash",
        "occurred_at": timezone.now() - timedelta(seconds=1),
    }  # fmt: skip
    return Event(**given | fields)


def taken(*events: Event, at: datetime | None = None, reported_by: str = "") -> tuple[int, int]:
    result: Taken = take_in(list(events), reported_by=reported_by, at=at or timezone.now())
    return result.accepted, result.duplicates


def totals() -> dict[str, int]:
    """Every count there is, over all items, customers and days."""
    days = list(ItemDay.objects.all())
    shows = ShowCounter.objects.exclude(subject__startswith="placement:")
    return {
        "touchpoints": Touchpoint.objects.count(),
        "keys": TouchpointKey.objects.count(),
        "counted": sum(day.count for day in days),
        "first_time": sum(day.first_time for day in days),
        "lifetime": sum(shows.values_list("lifetime", flat=True)),
    }


def day_row(day: Any, kind: str = "impression", item: UUID = ITEM) -> tuple[int, int]:
    row = ItemDay.objects.get(item_uid=item, day=day, kind=kind)
    return row.count, row.first_time


def counter(subject: object = ITEM, number: str = "C1") -> tuple[int, str, int]:
    row = ShowCounter.objects.get(customer_number=number, subject=str(subject))
    return row.lifetime, row.day.isoformat(), row.today
