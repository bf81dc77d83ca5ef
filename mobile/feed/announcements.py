"""The announcements of the channel API besides those on the home page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from announcements.choices import Mode
from mobile.feed.eligible import eligible
from mobile.feed.matching import numbers_of

if TYPE_CHECKING:
    from mobile.feed.feeds import Feed
    from mobile.feed.items import Item
    from mobile.feed.people import Person


def live_announcements(
    feed: Feed, person: Person, at: datetime, *, mode: str = Mode.STANDARD
) -> Iterator[Item]:
    """All that this person may read, pinned ones first. Frequency caps are of ads alone."""
    allowed = eligible(feed, person, feed.moment(at), is_senior=mode == Mode.SENIOR)
    for number in numbers_of(allowed & feed.announcements):
        yield feed.items[number]


def summary_for(item: Item, person: Person) -> dict[str, Any]:
    return {**item.summary, "read": item.id in person.read}


def detail_for(item: Item, person: Person) -> dict[str, Any]:
    return {**summary_for(item, person), "body": item.body}
