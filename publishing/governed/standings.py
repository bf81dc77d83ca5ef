"""The public roll-up of banks' answers to templates; written in the bank's own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps

from audit.context import current_schema
from tenants.models import Bank


def accepted(name: str, version: int | None, at: datetime) -> None:
    """By what the current bank has published; None = it follows the newest."""
    _save(name, at, accepted_version=version, deferred_version=None, reason="")


def deferred(name: str, version: int, reason: str, at: datetime) -> None:
    _save(name, at, deferred_version=version, reason=reason)


def _save(name: str, at: datetime, **columns: Any) -> None:
    model = apps.get_model("publishing_offers.TemplateStanding")
    bank = Bank.objects.get(schema_name=current_schema())
    model.objects.bulk_create(
        [model(bank=bank, name=name, changed_at=at, **columns)],
        update_conflicts=True,
        unique_fields=["bank", "name"],
        update_fields=["changed_at", *columns],
    )
