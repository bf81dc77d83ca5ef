"""What the platform's catalogues say about one bank's app: functions, product types, skins,
placements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.apps import apps

from tenants.changes import version_of

if TYPE_CHECKING:
    from tenants.models import Bank

# Catalogues change by releases and by opening a product; both announce it. This is for the rest.
MAX_AGE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Skin:
    code: str = "huxiang"
    name: str = ""
    primary: str = "#256D6B"
    accent: str = "#C9A45C"
    is_festival: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlacementEntry:
    code: str
    slots: int
    province_slots: tuple[int, ...]
    daily_cap: int | None


@dataclass(frozen=True)
class Catalogue:
    # Rows with code, name, group, in_senior_mode, in their order.
    functions: list[dict[str, Any]] = field(default_factory=list)
    zone: list[dict[str, Any]] = field(default_factory=list)
    skins: dict[str, Skin] = field(default_factory=dict)
    placements: dict[str, PlacementEntry] = field(default_factory=dict)
    # The skin with which the bank was opened.
    bank_skin: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    versions: tuple[int, int]
    read_at: float
    catalogue: Catalogue


_held: dict[str, _Held] = {}


def catalogue_of(bank: Bank) -> Catalogue:
    versions = (version_of(bank.schema_name), version_of("public"))
    held = _held.get(bank.schema_name)
    now = monotonic()
    if held is None or held.versions != versions or now - held.read_at > MAX_AGE_SECONDS:
        found = read_catalogue(bank.pk, bank.skin)
        if held is not None and held.catalogue == found:
            found = held.catalogue  # what was made of it stays good
        held = _held[bank.schema_name] = _Held(versions, now, found)
    return held.catalogue


def forget() -> None:
    _held.clear()


def read_catalogue(bank_id: int | None, bank_skin: str = "") -> Catalogue:
    """``None``: no bank's in particular, every product type of the province."""
    return Catalogue(
        functions=_functions(),
        zone=_zone(bank_id),
        skins=skins(),
        placements=_placements(),
        bank_skin=bank_skin,
    )


def _functions() -> list[dict[str, Any]]:
    rows = apps.get_model("announcements_catalogue", "AppFunction").objects
    names = ("code", "name", "group", "in_senior_mode")
    return [dict(row) for row in rows.order_by("position", "code").values(*names)]


def _zone(bank_id: int | None) -> list[dict[str, Any]]:
    types = apps.get_model("fuxiang_zone_catalogue", "ProductType").objects.order_by(
        "position", "code"
    )
    if bank_id is not None:
        types = types.filter(activations__bank_id=bank_id)
    return [dict(row) for row in types.values("code", "name", "category")]


def skin_of(code: str) -> Skin:
    row = skins().get(code)
    return row if row is not None else Skin()


def skins() -> dict[str, Skin]:
    rows = apps.get_model("announcements_catalogue", "Skin").objects.order_by("position", "code")
    names = ("code", "name", "primary", "accent", "is_festival", "starts_at", "ends_at")
    return {row["code"]: Skin(**row) for row in rows.values(*names)}


def _placements() -> dict[str, PlacementEntry]:
    rows = apps.get_model("announcements_catalogue", "Placement").objects.values_list(
        "code", "slots", "province_slots", "daily_cap"
    )
    return {
        code: PlacementEntry(code, slots, tuple(reserved), cap)
        for code, slots, reserved, cap in rows
    }
