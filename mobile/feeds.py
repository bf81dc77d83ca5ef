"""What one bank's customers can be shown: its edition and the province's, merged and compiled.

Nothing here depends on the clock: a feed holds scheduled and ended items too, and every reading of
it says at which moment it looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import inf
from typing import Any

from announcements.bodies import excerpt, sanitise

ANNOUNCEMENT = "announcement"
PROVINCE, BANK = "province", "bank"


@dataclass(frozen=True, slots=True)
class LoadedEdition:
    """One schema's edition as it was read: its digest and its items."""

    digest: str = ""
    items: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Announcement:
    id: str
    version: int
    title: str
    summary: str
    body: str
    is_pinned: bool
    must_read: bool
    scope: str
    # Empty = every customer of the bank.
    branch_path: str
    starts_at: str
    ends_at: str | None
    published_at: str
    # The same two moments as seconds, for the comparison at each request.
    starts: float
    ends: float

    def is_live(self, at: float) -> bool:
        return self.starts <= at < self.ends

    def is_for(self, branch_path: str) -> bool:
        return self.branch_path == "" or branch_path.startswith(self.branch_path)


@dataclass(frozen=True, slots=True)
class Feed:
    # Digest of both editions: the ``edition`` that customers' phones see.
    digest: str
    # Pinned first, then by priority, then the newest.
    announcements: tuple[Announcement, ...]

    def live_announcements(self, at: datetime, branch_path: str) -> Iterator[Announcement]:
        """``branch_path`` is the customer's; empty = only what is for the whole bank."""
        moment = at.timestamp()
        for item in self.announcements:
            if item.is_live(moment) and item.is_for(branch_path):
                yield item


def merged_digest(own: str, province: str) -> str:
    return sha256(f"{own}:{province}".encode()).hexdigest()


def compile_feed(own: LoadedEdition, province: LoadedEdition) -> Feed:
    items = [*_announcements(own.items, BANK), *_announcements(province.items, PROVINCE)]
    items.sort(key=lambda pair: pair[0])
    return Feed(
        merged_digest(own.digest, province.digest), tuple(announcement for _, announcement in items)
    )


def _announcements(
    items: Iterable[dict[str, Any]], scope: str
) -> Iterator[tuple[tuple[Any, ...], Announcement]]:
    for item in items:
        # An audience rule that this release cannot evaluate excludes, it does not show to all.
        if item["kind"] == ANNOUNCEMENT and not item.get("audience"):
            announcement = _announcement(item, scope)
            yield _rank(item, announcement), announcement


def _rank(item: dict[str, Any], announcement: Announcement) -> tuple[Any, ...]:
    published = datetime.fromisoformat(item["published_at"]).timestamp()
    return (not announcement.is_pinned, -item.get("priority", 0), -published, announcement.id)


def _announcement(item: dict[str, Any], scope: str) -> Announcement:
    payload = item["payload"]
    # Again on the way out: whatever was stored by an older release or another hand.
    body = sanitise(payload["body"])
    return Announcement(
        id=item["id"],
        version=item["version"],
        title=payload["title"],
        summary=payload.get("summary") or excerpt(body),
        body=body,
        is_pinned=payload["pinned"],
        must_read=payload["must_read"],
        scope=scope,
        branch_path=item.get("branch_path") or "",
        starts_at=item["starts_at"],
        ends_at=item["ends_at"],
        published_at=item["published_at"],
        starts=_seconds(item["starts_at"], -inf),
        ends=_seconds(item["ends_at"], inf),
    )


def _seconds(moment: str | None, otherwise: float) -> float:
    return otherwise if moment is None else datetime.fromisoformat(moment).timestamp()
