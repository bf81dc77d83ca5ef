"""Which tables are chained, and which of their columns a row's MAC covers."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models

AUDIT = "audit"
FieldValues = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Chain:
    name: str
    model_label: str
    # The columns and values a row's MAC covers; every column but the MAC itself, unless told.
    fields: FieldValues
    # What "first" means among rows that have no place in the chain.
    order: tuple[str, ...]

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.model_label)


_chains: dict[str, Chain] = {}


def register(
    name: str,
    model_label: str,
    fields: FieldValues | None = None,
    *,
    order: tuple[str, ...] = ("pk",),
) -> Chain:
    """Chain a model: it has a ``mac`` column, and its rows are written by ``services.append_row``.

    ``fields`` maps a row to what its MAC covers (with ``id``); without it, all concrete columns.
    """
    chain = Chain(name, model_label, fields or column_values, order)
    if name in _chains and _chains[name] != chain:
        raise ValueError(f"The chain {name!r} is registered twice.")
    _chains[name] = chain
    return chain


def get(name: str) -> Chain:
    return _chains[name]


def registered() -> list[Chain]:
    return [_chains[name] for name in sorted(_chains)]


def column_values(row: models.Model) -> dict[str, Any]:
    """Every column of a row but its MAC, as the database will give it back."""
    values = {
        field.attname: _column_value(field, getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.attname != "mac"
    }
    return {"id": row.pk, **values}


def _column_value(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if type(value) is str and isinstance(field, models.CharField | models.TextField):
        return value
    value = getattr(field, "target_field", field).to_python(value)
    if isinstance(field, models.GenericIPAddressField):
        # PostgreSQL and Python write some IPv6 addresses differently.
        return str(ipaddress.ip_address(value))
    if isinstance(value, Decimal):
        return value.normalize()  # numeric(9, 2) gives 1 back as 1.00
    return value


register(AUDIT, "audit.AuditEvent", order=("at", "id"))
