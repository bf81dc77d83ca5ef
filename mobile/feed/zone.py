"""The products of the Fuxiang zone: what one person is shown of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from announcements.choices import Mode
from mobile.feed.eligible import eligible
from mobile.feed.items import ENCODE, PRODUCT, Item, common
from mobile.feed.matching import numbers_of

if TYPE_CHECKING:
    from mobile.feed.feeds import Feed
    from mobile.feed.people import Person


def read_product(item: Mapping[str, Any], scope: str) -> Item:
    payload = item["payload"]
    summary = {
        "id": item["id"],
        "version": item["version"],
        "type": payload["type"],
        "title": item["title"],
        "summary": payload["summary"],
        "risk_level": payload["risk_level"],
        "sale_starts_at": payload["sale_starts_at"],
        "sale_ends_at": payload["sale_ends_at"],
        "ends_at": item["ends_at"],
    }
    # A page that customers go to, not an advertisement: senior mode has it too.
    return Item(
        kind=PRODUCT,
        placement="",
        summary=summary,
        encoded=ENCODE(summary),
        payload=payload,
        type_code=payload["type"],
        **{**common(item, scope), "for_seniors": True},
    )


def live_products(
    feed: Feed, person: Person, at: datetime, *, mode: str = Mode.STANDARD
) -> Iterator[Item]:
    """All that this person may see, of types that the bank has opened; the better ranked first."""
    allowed = eligible(feed, person, feed.moment(at), is_senior=mode == Mode.SENIOR)
    for number in numbers_of(allowed & feed.products):
        yield feed.items[number]


def product_of(
    feed: Feed, person: Person, at: datetime, uid: str, *, mode: str = Mode.STANDARD
) -> Item | None:
    """None: there is no such product, or not for this person now."""
    number = feed.by_id.get(uid)
    if number is None:
        return None
    allowed = eligible(feed, person, feed.moment(at), is_senior=mode == Mode.SENIOR)
    return feed.items[number] if allowed & feed.products & (1 << number) else None


def types_shown(feed: Feed, bits: int, *, is_senior: bool) -> list[dict[str, Any]]:
    """The types that the bank has opened, each with what it has for whom these items are.

    Nothing is praised in senior mode.
    """
    shown = []
    for row in feed.catalogue.zone:
        mine = bits & feed.products_of_type.get(row["code"], 0)
        first = None if is_senior or not mine else feed.items[numbers_of(mine, 1)[0]]
        headline = "" if first is None else first.payload["summary"] or first.title
        shown.append({**row, "products": mine.bit_count(), "headline": headline})
    return shown
