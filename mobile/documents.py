"""The documents of the channel API, as plain data. The phone preview draws from them too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from mobile.catalogue import Catalogue
    from mobile.feeds import Announcement, Feed

Mode = Literal["standard", "senior"]
MODES: tuple[Mode, ...] = ("standard", "senior")
PLACEMENTS = ("splash", "home_banner", "popup", "floating", "zone_banner")


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom a document is made. Without a branch (a visitor) only what is for the whole bank."""

    branch_path: str = ""
    # Ids of must-read announcements that this customer has confirmed.
    read: frozenset[str] = frozenset()


VISITOR = Viewer()


def render_home(
    feed: Feed,
    catalogue: Catalogue,
    *,
    skin: str,
    viewer: Viewer = VISITOR,
    at: datetime,
    mode: Mode = "standard",
) -> dict[str, Any]:
    return {
        "edition": feed.digest,
        "skin": skin,
        "mode": mode,
        "functions": catalogue.senior_functions if mode == "senior" else catalogue.functions,
        "placements": {placement: [] for placement in PLACEMENTS},
        "announcements": [
            announcement_summary(item, viewer)
            for item in feed.live_announcements(at, viewer.branch_path)
        ],
        "zone": catalogue.zone,
        "campaigns": [],
    }


def render_announcements(feed: Feed, *, viewer: Viewer, at: datetime) -> dict[str, Any]:
    items = feed.live_announcements(at, viewer.branch_path)
    return {
        "edition": feed.digest,
        "announcements": [announcement_summary(item, viewer) for item in items],
    }


def announcement_summary(item: Announcement, viewer: Viewer) -> dict[str, Any]:
    return {
        "id": item.id,
        "version": item.version,
        "title": item.title,
        "summary": item.summary,
        "pinned": item.is_pinned,
        "must_read": item.must_read,
        "read": item.id in viewer.read,
        "scope": item.scope,
        "starts_at": item.starts_at,
        "ends_at": item.ends_at,
        "published_at": item.published_at,
    }


def announcement_detail(item: Announcement, viewer: Viewer) -> dict[str, Any]:
    return {**announcement_summary(item, viewer), "body": item.body}
