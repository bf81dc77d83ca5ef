"""The current feed of a bank, held in memory by each process.

Whether what is held is still the newest is a comparison of two numbers (``version_of``), kept fresh
by one background reader per process: a request that finds nothing changed asks no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mobile import switches
from mobile.catalogue import Catalogue, catalogue_of
from mobile.feed.feeds import Feed, LoadedEdition, compile_feed
from mobile.inside import inside
from mobile.switches import switched_of
from publishing import services as publishing
from publishing.editions import Document, digest_of, document_of
from tenants.changes import version_of
from tenants.platform import PLATFORM, Platform

if TYPE_CHECKING:
    from tenants.models import Bank


@dataclass(frozen=True, slots=True)
class _HeldEdition:
    version: int
    edition: LoadedEdition


@dataclass(frozen=True, slots=True)
class _HeldFeed:
    digests: tuple[str, str]
    catalogue: Catalogue
    switched: Mapping[str, str]
    feed: Feed


_editions: dict[str, _HeldEdition] = {}
_feeds: dict[str, _HeldFeed] = {}


def current_feed(bank: Bank) -> Feed:
    """The same object for as long as no edition, catalogue or switch of a campaign changes."""
    own, province = _current_edition(bank), _current_edition(PLATFORM)
    digests, catalogue = (own.digest, province.digest), catalogue_of(bank)
    switched = switched_of(bank)
    held = _feeds.get(bank.schema_name)
    if (
        held is None
        or held.digests != digests
        or held.catalogue is not catalogue
        or held.switched is not switched
    ):
        feed = compile_feed(own, province, catalogue, switched)
        held = _HeldFeed(digests, catalogue, switched, feed)
        _feeds[bank.schema_name] = held
    return held.feed


def feed_at(bank: Bank, at: datetime) -> Feed:
    """As it was, or as things stand will be, at another moment. Not for hot paths."""
    return compile_feed(
        edition_at(bank, at), edition_at(PLATFORM, at), catalogue_of(bank), switched_of(bank)
    )


def forget() -> None:
    _editions.clear()
    _feeds.clear()
    switches.forget()


def _current_edition(owner: Bank | Platform) -> LoadedEdition:
    # First the number, then the edition: one that comes between is read again, never missed.
    version = version_of(owner.schema_name)
    held = _editions.get(owner.schema_name)
    if held is None or held.version != version:
        held = _HeldEdition(version, read_edition(owner))
        _editions[owner.schema_name] = held
    return held.edition


def read_edition(owner: Bank | Platform) -> LoadedEdition:
    with inside(owner):
        edition = publishing.current_edition()
    return LoadedEdition(edition.digest, tuple(edition.document["items"]))


def edition_at(owner: Bank | Platform, at: datetime) -> LoadedEdition:
    with inside(owner):
        document = document_of(owner.schema_name, publishing.live_at(at=at))
    return loaded(document)


def loaded(document: Document) -> LoadedEdition:
    return LoadedEdition(digest_of(document), tuple(document["items"]))
