"""The public roll-up of banks' answers to templates; written in the bank's own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from audit.context import current_schema
from publishing.offers.models import TemplateStanding
from tenants.models import Bank


def accepted(name: str, version: int | None, at: datetime) -> None:
    """By what the current bank has published; None = it follows the newest."""
    _save(name, at, accepted_version=version)


def accepting(name: str, at: datetime) -> None:
    """The newest is put off no longer; it is accepted when that has been approved."""
    _save(name, at, deferred_version=None, reason="")


def deferred(name: str, version: int, reason: str, at: datetime) -> None:
    _save(name, at, deferred_version=version, reason=reason)


def of_current_bank() -> QuerySet[TemplateStanding]:
    return TemplateStanding.objects.filter(bank__schema_name=current_schema())


def _save(name: str, at: datetime, **columns: Any) -> None:
    bank = Bank.objects.get(schema_name=current_schema())
    TemplateStanding.objects.bulk_create(
        [TemplateStanding(bank=bank, name=name, changed_at=at, **columns)],
        update_conflicts=True,
        unique_fields=["bank", "name"],
        update_fields=["changed_at", *columns],
    )
