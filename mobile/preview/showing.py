"""The one place where the preview asks the feed: what it gives, and why not more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from mobile.catalogue import Catalogue, catalogue_of, read_catalogue
from mobile.editions import current_feed, loaded, read_edition
from mobile.feed.announcements import detail_for, live_announcements
from mobile.feed.explaining import Verdict, explain
from mobile.feed.feeds import Feed, LoadedEdition, compile_feed
from mobile.feed.home import render
from mobile.inside import inside
from mobile.switches import switched_of
from publishing import services as publishing
from tenants.platform import PLATFORM, Platform

if TYPE_CHECKING:
    from mobile.feed.people import Person
    from tenants.models import Bank

NOWHERE = LoadedEdition()


def feed_of(owner: Bank | Platform, proposed: LoadedEdition | None, at: datetime | None) -> Feed:
    """``proposed`` stands where the owner's own edition would; ``at``: None = now."""
    if isinstance(owner, Platform):
        province = proposed or _edition(PLATFORM, at)
        return compile_feed(NOWHERE, province, _catalogue(owner))
    if proposed is None and at is None:
        return current_feed(owner)
    own = proposed or _edition(owner, at)
    province = _edition(PLATFORM, at)
    return compile_feed(own, province, _catalogue(owner), switched_of(owner))


def _edition(owner: Bank | Platform, at: datetime | None) -> LoadedEdition:
    """With all that was to come after the moment: the reckoning names that too."""
    if at is None or at >= timezone.now():
        return read_edition(owner)
    with inside(owner):
        return loaded(publishing.edition_at(at).document)


def _catalogue(owner: Bank | Platform) -> Catalogue:
    return read_catalogue(None) if isinstance(owner, Platform) else catalogue_of(owner)


def home_of(feed: Feed, person: Person, at: datetime, *, mode: str, skin: str) -> dict[str, Any]:
    return render(feed, person, at, mode=mode, skin=skin)


def verdicts_of(feed: Feed, person: Person, at: datetime, *, mode: str) -> Sequence[Verdict]:
    return explain(feed, person, at, mode)


def text_of(
    feed: Feed, person: Person, at: datetime, uid: str, *, mode: str
) -> dict[str, Any] | None:
    """One announcement in full, if this person can open it."""
    for item in live_announcements(feed, person, at, mode=mode):
        if item.id == uid:
            return detail_for(item, person)
    return None
