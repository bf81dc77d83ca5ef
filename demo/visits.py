"""What the demo's customers did with the ads: generated, the same each time it is loaded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from customers.models import Customer
from customers.touchpoints import Event, take_in
from demo.notices import LARGE_BANKS
from demo.province import chance
from publishing.services import live_at

if TYPE_CHECKING:
    from announcements.ads.models import Ad
    from demo.province import BankRow

DAYS = 3
CUSTOMERS = 60


def report(row: BankRow, ads: list[Ad], at: datetime) -> None:
    """Shows, and a touch or a closing now and then, of the last days; in the large banks."""
    if row.number > LARGE_BANKS:
        return
    live = set(live_at(at=at, kind="ad").values_list("target_id", flat=True))
    numbers = Customer.objects.order_by("number").values_list("number", flat=True)[:CUSTOMERS]
    events = [
        event
        for ad in ads
        if ad.uid in live
        for number in numbers
        for event in _events(row, ad, number, at)
    ]
    take_in(events, reported_by="demo", at=at)


def _events(row: BankRow, ad: Ad, number: str, at: datetime) -> list[Event]:
    topic = f"{row.slug}/{ad.title}/{number}"
    found = []
    for day in range(DAYS):
        dice = chance(f"{topic}/{day}", 100)
        if dice >= 35:
            continue
        moment = at - timedelta(days=day, minutes=chance(f"{topic}/{day}/minute", 600) + 1)
        kinds = ["impression", *(["click"] if dice < 6 else ["close"] if dice < 10 else [])]
        found += [_event(topic, ad, number, kind, moment, day) for kind in kinds]
    return found


def _event(topic: str, ad: Ad, number: str, kind: str, moment: datetime, day: int) -> Event:
    return Event(
        event_id=uuid5(NAMESPACE_URL, f"demo/{topic}/{day}/{kind}"),
        customer_number=number,
        kind=kind,
        item_kind="ad",
        item_uid=ad.uid,
        occurred_at=moment,
        item_version=1,
        placement=ad.placement,
    )
