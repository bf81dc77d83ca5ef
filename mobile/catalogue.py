"""What the platform's catalogues say about one bank's app: functions, product types, skins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Catalogue:
    functions: list[dict[str, Any]] = field(default_factory=list)
    senior_functions: list[dict[str, Any]] = field(default_factory=list)
    zone: list[dict[str, Any]] = field(default_factory=list)


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
        held = _Held(versions, now, read_catalogue(bank.pk))
        _held[bank.schema_name] = held
    return held.catalogue


def forget() -> None:
    _held.clear()


def read_catalogue(bank_id: int | None) -> Catalogue:
    """``None``: no bank's in particular, every product type of the province."""
    functions = list(
        apps.get_model("announcements_catalogue", "AppFunction")
        .objects.order_by("position", "code")
        .values("code", "name", "group", "in_senior_mode")
    )
    senior = [row for row in functions if row["in_senior_mode"]]
    return Catalogue(
        functions=[_function(row) for row in functions],
        senior_functions=[_function(row) for row in senior],
        zone=_zone(bank_id),
    )


def _function(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("code", "name", "group")}


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
    return {row["code"]: Skin(**row) for row in rows.values("code", "name", "primary", "accent")}
