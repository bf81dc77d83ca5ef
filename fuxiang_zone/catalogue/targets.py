"""Product types as targets of links: in a bank those that it has opened, on the platform all."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.context import current_schema
from fuxiang_zone.catalogue.models import ProductType
from operators.roles import is_platform
from publishing.links import Target, TargetKind, register

KIND = "zone_product"


def choices(_branch_path: str) -> Sequence[Target]:
    return [_target(each) for each in _opened()]


def find(code: str) -> Target | None:
    found = _opened().filter(code=code).first()
    return _target(found) if found is not None else None


def _opened() -> QuerySet[ProductType]:
    types = ProductType.objects.all()
    schema = current_schema()
    return types if is_platform(schema) else types.filter(activations__bank__schema_name=schema)


def _target(product_type: ProductType) -> Target:
    return Target(product_type.code, f"{product_type.category} · {product_type.name}")


def register_targets() -> None:
    register(TargetKind(KIND, _("zone product"), choices, find))
