"""Items of an edition, as the feed reads them, made without a database."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from mobile.catalogue import Catalogue, PlacementEntry, Skin
from mobile.feed.feeds import Feed, LoadedEdition, compile_feed

# A Wednesday, 12:00 in Shanghai.
NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
SLOTS = {"splash": 1, "home_banner": 3, "popup": 1, "floating": 1, "zone_banner": 2}


def text(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else None


def ad(title: str = "", **changes: Any) -> dict[str, Any]:
    """Everything that is not a key of the item goes into the payload."""
    payload = {
        "schema": 1, "placement": "home_banner", "alt": title or "alt",
        "image": {"1x": {"url": "/media/a/1x.webp", "width": 343, "height": 150}},
        "thumbnail": "", "link": {"kind": "none", "target": ""}, "windows": [], "weight": 10,
        "daily_cap": None, "lifetime_cap": None, "slot": None, "house": False,
        "for_seniors": False, "closable": True, "trial_starts_at": None,
    }  # fmt: skip
    return _item("ad", title, payload, changes)


def announcement(title: str = "", **changes: Any) -> dict[str, Any]:
    payload = {
        "schema": 1, "title": title, "summary": title, "body": "<p>text</p>", "pinned": False,
        "must_read": False, "for_seniors": False, "trial_starts_at": None,
    }  # fmt: skip
    return _item("announcement", title, payload, changes)


def product(title: str = "", **changes: Any) -> dict[str, Any]:
    payload = {
        "schema": 1, "type": "large_cd", "type_version": 1, "summary": "", "values": {},
        "rates": [], "risk_level": None, "sale_starts_at": None, "sale_ends_at": None,
        "quota": None, "unit_cents": 0, "most_per_customer": None, "hold_minutes": 15,
        "links": [], "disclosures": {}, "rules": "",
    }  # fmt: skip
    return _item("zone_product", title, payload, changes)


def campaign(title: str = "", **changes: Any) -> dict[str, Any]:
    payload = {
        "schema": 1, "kind": "claim_page", "summary": title, "rules": "", "button": "Join",
        "events": ["joined"], "conditions": [], "effects": [], "limits": [],
        "budget_cents": 100_000, "bearers": {}, "province": None,
    }  # fmt: skip
    return _item("campaign", title, payload, changes)


def _item(
    kind: str, title: str, payload: dict[str, Any], changes: dict[str, Any]
) -> dict[str, Any]:
    item = {
        "kind": kind, "id": str(changes.pop("id", uuid.uuid4())), "version": 1, "title": title,
        "starts_at": text(changes.pop("starts_at", NOON - timedelta(days=1))),
        "ends_at": text(changes.pop("ends_at", None)), "audience": {}, "priority": 0,
        "branch_path": "", "published_at": text(NOON - timedelta(days=2)),
    }  # fmt: skip
    for name in list(changes):
        if name in item:
            item[name] = changes.pop(name)
    assert set(changes) <= set(payload), changes
    return {**item, "payload": {**payload, **changes}}


def order(placement: str, *items: dict[str, Any]) -> dict[str, Any]:
    uids = [item["id"] for item in items]
    return {
        **ad(), "kind": "ad_order",
        "payload": {"schema": 1, "placement": placement, "uids": uids},
    }  # fmt: skip


def settings(name: str, **values: Any) -> dict[str, Any]:
    values = {key.replace("__", "."): value for key, value in values.items()}
    payload = {"schema": 1, "name": name, "values": values, "accepted": {}}
    return {**ad(), "kind": "settings", "payload": payload}


def template(name: str, **rules: Any) -> dict[str, Any]:
    rules = {key.replace("__", "."): rule for key, rule in rules.items()}
    payload = {"schema": 1, "name": name, "settings": rules}
    return {**ad(), "kind": "settings_template", "payload": payload}


def feed_of(
    *own: dict[str, Any], province: tuple[dict[str, Any], ...] = (), **catalogue: Any
) -> Feed:
    reserved = catalogue.pop("province_slots", {})
    caps = catalogue.pop("daily_caps", {})
    switched = catalogue.pop("switched", {})
    given = {
        "placements": {
            code: PlacementEntry(code, slots, tuple(reserved.get(code, ())), caps.get(code))
            for code, slots in SLOTS.items()
        },
        "skins": {"huxiang": Skin(), "rural": Skin("rural", "", "#2E7D32", "#E0A526")},
        **catalogue,
    }
    return compile_feed(
        LoadedEdition("own", own), LoadedEdition("province", province), Catalogue(**given), switched
    )
