"""What one bank's customers can be shown: its edition and the province's, merged and compiled.

A feed depends on nothing but the two editions and the catalogues. It holds scheduled and ended
items too: every reading of it says at which moment it looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import TYPE_CHECKING, Any

from announcements.appearance.groups import APPEARANCE_GROUP, PLACEMENTS_GROUP
from announcements.appearance.resolving import Place, place_of
from announcements.choices import PlacementCode
from mobile.feed.campaigns import read_campaign
from mobile.feed.items import (
    AD,
    ANNOUNCEMENT,
    BANK,
    CAMPAIGN,
    PRODUCT,
    PROVINCE,
    Item,
    read_ad,
    read_announcement,
    seconds,
)
from mobile.feed.matching import Matcher, bits_of
from mobile.feed.moments import Moment, moment_at
from mobile.feed.people import VISITOR
from mobile.feed.placing import Board
from mobile.feed.zone import read_product
from mobile.seen import Sight
from mobile.switches import SHOWN
from publishing.locks import SETTINGS_KIND, TEMPLATE_KIND, Group, effective

if TYPE_CHECKING:
    from mobile.catalogue import Catalogue, PlacementEntry

AD_ORDER = "ad_order"
READERS = {AD: read_ad, ANNOUNCEMENT: read_announcement, PRODUCT: read_product}
NOTHING_SWITCHED: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class LoadedEdition:
    """One schema's edition as it was read: its digest and its items."""

    digest: str = ""
    items: tuple[dict[str, Any], ...] = ()


class Feed:
    def __init__(self, digest: str, items: list[Item], own: _Rest, catalogue: Catalogue) -> None:
        # Digest of both editions: the ``edition`` that customers' phones see.
        self.digest = digest
        # In order of rank: pinned first, then by priority, then the newest.
        self.items = tuple(items)
        self.by_id = {item.id: number for number, item in enumerate(items)}
        self.catalogue = catalogue
        # The effective values of the governed settings.
        self.appearance = own.appearance
        self.matcher = Matcher(items)
        self.boards = {
            code: Board(items, code, place, own.orders.get(code, {}))
            for code, place in _places(catalogue, own.placements).items()
        }
        self.announcements = bits_of(n for n, i in enumerate(items) if i.kind == ANNOUNCEMENT)
        self.for_seniors = bits_of(n for n, item in enumerate(items) if item.for_seniors)
        # By the code of their type, of the types that the bank has opened.
        self.products_of_type = _by_type(items, catalogue)
        self.products = reduce(or_, self.products_of_type.values(), 0)
        # Those that are shown: a campaign that was stopped has its page, and no more.
        self.campaigns = bits_of(
            n for n, item in enumerate(items) if item.kind == CAMPAIGN and item.state in SHOWN
        )
        self.must_read = [item.id for item in items if item.must_read]
        # Whatever is encoded once and sent many times; filled as it is needed.
        self.encoded: dict[tuple[object, ...], bytes] = {}
        self._festivals = [
            edge
            for skin in catalogue.skins.values()
            for edge in (skin.starts_at, skin.ends_at)
            if edge is not None
        ]
        self._moment: Moment | None = None
        # All visitors are one.
        self.visitor = Sight(VISITOR)

    def moment(self, at: datetime) -> Moment:
        """The stretch of time around ``at`` in which the clock changes nothing."""
        now = at.timestamp()
        moment = self._moment
        if moment is None or not moment.holds(now):
            edges = (edge.timestamp() for edge in self._festivals)
            moment = self._moment = moment_at(self.items, edges, now)
        return moment


@dataclass(frozen=True, slots=True)
class _Rest:
    """What an edition holds besides items that are shown."""

    appearance: Mapping[str, Any]
    placements: Mapping[str, Any]
    # Placement → id of an ad → its place by hand.
    orders: Mapping[str, Mapping[str, int]]


def merged_digest(own: str, province: str) -> str:
    return sha256(f"{own}:{province}".encode()).hexdigest()


def compile_feed(
    own: LoadedEdition,
    province: LoadedEdition,
    catalogue: Catalogue,
    switched: Mapping[str, str] = NOTHING_SWITCHED,
) -> Feed:
    """``switched``: the campaigns that do not simply run, as ``mobile.switches`` names it."""
    ranked = [*_items(own.items, BANK, switched), *_items(province.items, PROVINCE, switched)]
    ranked.sort(key=lambda pair: pair[0])
    rest = _Rest(
        appearance=_values(APPEARANCE_GROUP, own.items, province.items),
        placements=_values(PLACEMENTS_GROUP, own.items, province.items),
        orders=_orders(own.items, province.items),
    )
    digest = merged_digest(own.digest, province.digest)
    return Feed(digest, [item for _rank_of, item in ranked], rest, catalogue)


def _items(
    documents: Iterable[dict[str, Any]], scope: str, switched: Mapping[str, str]
) -> Iterator[tuple[tuple[Any, ...], Item]]:
    for document in documents:
        reader = READERS.get(document["kind"])
        if reader is not None:
            item = reader(document, scope)
        elif document["kind"] == CAMPAIGN:
            item = read_campaign(document, scope, switched)
        else:
            continue
        yield _rank(document, item), item


def _by_type(items: Sequence[Item], catalogue: Catalogue) -> dict[str, int]:
    found = {row["code"]: 0 for row in catalogue.zone}
    for number, item in enumerate(items):
        if item.kind == PRODUCT and item.type_code in found:
            found[item.type_code] |= 1 << number
    return found


def _rank(document: Mapping[str, Any], item: Item) -> tuple[Any, ...]:
    published = seconds(document["published_at"], 0)
    is_pinned = bool(item.summary.get("pinned"))
    return (item.kind, not is_pinned, -item.priority, -published, item.id)


def _values(
    group: Group, own: Iterable[dict[str, Any]], province: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    return effective(
        group,
        _payload(province, TEMPLATE_KIND, group.name),
        _payload(own, SETTINGS_KIND, group.name),
    )


def _payload(items: Iterable[dict[str, Any]], kind: str, name: str) -> dict[str, Any] | None:
    for item in items:
        if item["kind"] == kind and item["payload"]["name"] == name:
            return item["payload"]
    return None


def _orders(*editions: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """The bank's order of its ads; the province's ads, which it cannot name, follow in theirs."""
    named: dict[str, list[str]] = {}
    for items in editions:
        for item in items:
            if item["kind"] == AD_ORDER:
                named.setdefault(item["payload"]["placement"], []).extend(item["payload"]["uids"])
    return {
        placement: {uid: place for place, uid in reversed(list(enumerate(uids)))}
        for placement, uids in named.items()
    }


def _places(catalogue: Catalogue, values: Mapping[str, Any]) -> dict[str, Place]:
    return {code: _place(catalogue.placements.get(code), code, values) for code in PlacementCode}


def _place(entry: PlacementEntry | None, code: str, values: Mapping[str, Any]) -> Place:
    """A placement that the catalogue does not know shows one picture."""
    if entry is None:
        return place_of(values, code, slots=1)
    return place_of(
        values, code, slots=entry.slots, province_slots=entry.province_slots,
        daily_cap=entry.daily_cap,
    )  # fmt: skip
