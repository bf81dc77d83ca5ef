"""Campaigns: which of them one person is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mobile.feed.eligible import eligible
from mobile.feed.items import CAMPAIGN, ENCODE, Item, common
from mobile.feed.matching import numbers_of
from mobile.switches import RUNNING

if TYPE_CHECKING:
    from mobile.feed.feeds import Feed
    from mobile.feed.people import Person


def read_campaign(item: Mapping[str, Any], scope: str, switched: Mapping[str, str]) -> Item:
    payload, state = item["payload"], switched.get(item["id"], RUNNING)
    summary = {
        "id": item["id"],
        "version": item["version"],
        "title": item["title"],
        "summary": payload["summary"],
        "kind": payload["kind"],
        "button": payload["button"],
        "starts_at": item["starts_at"],
        "ends_at": item["ends_at"],
        "state": state,
    }
    # Its page is for everybody who is meant; that senior mode advertises none is the home page's.
    return Item(
        kind=CAMPAIGN,
        placement="",
        summary=summary,
        encoded=ENCODE(summary),
        payload=payload,
        state=state,
        **{**common(item, scope), "for_seniors": True},
    )


def live_campaigns(feed: Feed, person: Person, at: datetime) -> Iterator[Item]:
    """All that are meant for this person now and have not been stopped; the better ranked first."""
    allowed = eligible(feed, person, feed.moment(at), is_senior=False)
    for number in numbers_of(allowed & feed.campaigns):
        yield feed.items[number]


def campaign_of(feed: Feed, person: Person, at: datetime, uid: str) -> Item | None:
    """Also one that has been stopped: its page says so. None: no such campaign, or not meant for
    this person, or not now."""
    number = feed.by_id.get(uid)
    if number is None or feed.items[number].kind != CAMPAIGN:
        return None
    allowed = eligible(feed, person, feed.moment(at), is_senior=False)
    return feed.items[number] if allowed & (1 << number) else None
