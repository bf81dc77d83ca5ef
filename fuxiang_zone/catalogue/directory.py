"""The catalogue as other rooms read it: kept per process, as fresh as the announced changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.conf import settings

from fuxiang_zone.catalogue.caps import Cap, cap_for
from fuxiang_zone.catalogue.choices import Feature, TypeState
from fuxiang_zone.catalogue.content import Disclosure, parse_disclosures, parse_features
from fuxiang_zone.catalogue.fields import Field
from fuxiang_zone.catalogue.models import Activation, ProductType, RateCap, TypeVersion
from fuxiang_zone.catalogue.schema import parse_schema
from fuxiang_zone.choices import TermUnit
from tenants.changes import version_of
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from tenants.models import Bank

# For rows that somebody changed past the services.
MAX_AGE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class TypeInfo:
    code: str
    name: str
    english_name: str
    category: str
    icon: str
    description: str
    state: TypeState
    position: int
    version: int
    fields: tuple[Field, ...]
    disclosures: tuple[Disclosure, ...]
    features: frozenset[Feature]
    caps: tuple[Cap, ...]

    @property
    def is_open(self) -> bool:
        """Closed: banks that have it keep what is published, and publish nothing new."""
        return self.state == TypeState.OPEN

    def has(self, feature: Feature) -> bool:
        return feature in self.features

    def cap_for(self, term: int, unit: str, on: date) -> Cap | None:
        return cap_for(self.caps, term, unit, on)


@dataclass(frozen=True, slots=True)
class Directory:
    types: Mapping[str, TypeInfo]
    # Codes by bank, in the order of the types.
    opened: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    read_at: float
    directory: Directory


_held: _Held | None = None


def type_of(code: str) -> TypeInfo | None:
    return _directory().types.get(code)


def type_told(payload: Mapping[str, Any]) -> TypeInfo | None:
    """Of a product's document, with the fields and disclosures of the version that it was written
    by: what has been approved is told in the words of its day, and tells no more."""
    info, version = type_of(payload["type"]), payload.get("type_version")
    if info is None or version is None or info.version == version:
        return info
    kept = settings.CHANGE_READER != "sync"
    said = (_said if kept else _said.__wrapped__)(info.code, version)
    return info if said is None else replace(info, fields=said[0], disclosures=said[1])


@lru_cache(maxsize=512)
def _said(code: str, version: int) -> tuple[tuple[Field, ...], tuple[Disclosure, ...]] | None:
    """A version never changes. None: it is not on record."""
    rows = TypeVersion.objects.filter(product_type__code=code, version=version)
    content = rows.values_list("content", flat=True).first()
    if not content:
        return None
    return parse_schema(content["fields"]), parse_disclosures(content["disclosures"])


def all_types() -> list[TypeInfo]:
    return list(_directory().types.values())


def open_types(bank: Bank) -> list[TypeInfo]:
    """What the bank has opened, in the catalogue's order."""
    directory = _directory()
    return [directory.types[code] for code in directory.opened.get(bank.pk, ())]


def has_opened(bank: Bank, code: str) -> bool:
    return code in _directory().opened.get(bank.pk, ())


def read_type(code: str) -> TypeInfo | None:
    """As the database has it now: for a decision inside a transaction."""
    row = ProductType.objects.filter(code=code).prefetch_related("rate_caps").first()
    return None if row is None else _info(row, list(row.rate_caps.all()))


def read_opened(bank: Bank, code: str) -> bool:
    """As the database has it now."""
    return Activation.objects.filter(bank=bank, product_type__code=code).exists()


def forget() -> None:
    global _held
    _held = None


def _directory() -> Directory:
    global _held
    if settings.CHANGE_READER == "sync":  # nobody would tell of a change
        return read_directory()
    version, held, now = version_of(PLATFORM.schema_name), _held, monotonic()
    if held is None or held.version != version or now - held.read_at > MAX_AGE_SECONDS:
        held = _held = _Held(version, now, read_directory())
    return held.directory


def read_directory() -> Directory:
    caps: dict[int, list[RateCap]] = {}
    for cap in RateCap.objects.all():
        caps.setdefault(cap.product_type_id, []).append(cap)
    types = {row.code: _info(row, caps.get(row.pk, [])) for row in ProductType.objects.all()}
    opened: dict[int, list[str]] = {}
    rows = Activation.objects.order_by("product_type__position", "product_type__code")
    for bank_id, code in rows.values_list("bank", "product_type__code"):
        opened.setdefault(bank_id, []).append(code)
    return Directory(types, {bank_id: tuple(codes) for bank_id, codes in opened.items()})


def _info(row: ProductType, caps: list[RateCap]) -> TypeInfo:
    return TypeInfo(
        code=row.code, name=row.name, english_name=row.english_name, category=row.category,
        icon=row.icon, description=row.description, state=TypeState(row.state),
        position=row.position, version=row.version, fields=parse_schema(row.fields),
        disclosures=parse_disclosures(row.disclosures), features=parse_features(row.features),
        caps=tuple(Cap(each.term, TermUnit(each.unit), each.rate, each.from_date) for each in caps),
    )  # fmt: skip
