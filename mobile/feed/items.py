"""One piece of live or scheduled content, ready to be chosen: parsed once per edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from math import inf
from typing import Any

import msgspec

from announcements.bodies import excerpt, sanitise
from customers.conditions import Condition, parse

AD, ANNOUNCEMENT = "ad", "announcement"
PRODUCT, CAMPAIGN = "zone_product", "campaign"
PROVINCE, BANK = "province", "bank"
ENCODE = msgspec.json.Encoder().encode
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """Shanghai's wall clock: weekdays (1 = Monday) and minutes of the day, the end not included."""

    days: frozenset[int]
    first: int
    end: int

    def holds(self, weekday: int, minute: int) -> bool:
        return weekday in self.days and self.first <= minute < self.end


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    id: str
    version: int
    kind: str
    title: str
    scope: str
    # Empty for announcements.
    placement: str
    priority: int
    # Seconds since the epoch.
    starts: float
    ends: float
    # For customers on the trial list; the same as ``starts`` when there is no trial.
    trial_starts: float
    windows: tuple[Window, ...]
    # Empty = every customer of the bank.
    branch_path: str
    # The audience: all must hold.
    conditions: tuple[Condition, ...]
    for_seniors: bool
    # What customers receive of it on the home page, as data and encoded.
    summary: dict[str, Any]
    encoded: bytes
    # Announcements alone: how it is encoded for a customer who has confirmed the reading.
    encoded_read: bytes = b""
    must_read: bool = False
    body: str = ""
    # Ads alone.
    weight: int = 1
    daily_cap: int | None = None
    lifetime_cap: int | None = None
    slot: int | None = None
    is_house: bool = False
    # Tells this item from others in draws, the same in every process.
    salt: int = 0
    # Products of the zone and campaigns alone: all that is published of them; a product's type.
    payload: Mapping[str, Any] = field(default_factory=dict)
    type_code: str = ""
    # Campaigns alone: what people have switched, as ``mobile.switches`` names it.
    state: str = ""

    @property
    def is_capped(self) -> bool:
        return self.daily_cap is not None or self.lifetime_cap is not None

    def is_open(self, weekday: int, minute: int) -> bool:
        return not self.windows or any(each.holds(weekday, minute) for each in self.windows)

    def is_exhausted(self, lifetime: int, today: int) -> bool:
        return (self.daily_cap is not None and today >= self.daily_cap) or (
            self.lifetime_cap is not None and lifetime >= self.lifetime_cap
        )


def read_announcement(item: Mapping[str, Any], scope: str) -> Item:
    payload = item["payload"]
    # Again on the way out: whatever was stored by an older release or another hand.
    body = sanitise(payload["body"])
    summary = {
        "id": item["id"],
        "version": item["version"],
        "title": payload["title"],
        "summary": payload.get("summary") or excerpt(body),
        "pinned": payload["pinned"],
        "must_read": payload["must_read"],
        "read": False,
        "scope": scope,
        "starts_at": item["starts_at"],
        "ends_at": item["ends_at"],
        "published_at": item["published_at"],
    }
    return Item(
        kind=ANNOUNCEMENT,
        placement="",
        summary=summary,
        encoded=ENCODE(summary),
        encoded_read=ENCODE({**summary, "read": True}),
        must_read=payload["must_read"],
        body=body,
        **common(item, scope),
    )


def read_ad(item: Mapping[str, Any], scope: str) -> Item:
    payload = item["payload"]
    summary = {
        "id": item["id"],
        "version": item["version"],
        "alt": payload["alt"],
        "image": payload["image"],
        "link": payload["link"],
        "closable": payload["closable"],
        "scope": scope,
    }
    return Item(
        kind=AD,
        placement=payload["placement"],
        summary=summary,
        encoded=ENCODE(summary),
        weight=max(1, payload["weight"]),
        daily_cap=payload["daily_cap"],
        lifetime_cap=payload["lifetime_cap"],
        slot=payload["slot"],
        is_house=payload["house"],
        salt=int.from_bytes(blake2b(item["id"].encode(), digest_size=8).digest()),
        **common(item, scope),
    )


def common(item: Mapping[str, Any], scope: str) -> dict[str, Any]:
    payload = item["payload"]
    starts = seconds(item["starts_at"], -inf)
    return {
        "id": item["id"],
        "version": item["version"],
        "title": item["title"],
        "scope": scope,
        "priority": item.get("priority", 0),
        "starts": starts,
        "ends": seconds(item["ends_at"], inf),
        "trial_starts": min(starts, seconds(payload.get("trial_starts_at"), inf)),
        "windows": tuple(map(_window, payload.get("windows") or ())),
        "branch_path": item.get("branch_path") or "",
        "conditions": tuple(parse(item.get("audience") or {})),
        "for_seniors": bool(payload.get("for_seniors")),
    }


def seconds(moment: str | None, otherwise: float) -> float:
    return otherwise if moment is None else datetime.fromisoformat(moment).timestamp()


def _window(window: Mapping[str, Any]) -> Window:
    return Window(frozenset(window["days"]), _minute(window["from"]), _minute(window["until"]))


def _minute(clock: str) -> int:
    hours, _colon, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
