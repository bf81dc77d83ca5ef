"""The product types that every installation offers. What somebody has written is never touched: the
platform's people may have changed it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db import connections, transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from audit.services import record
from fuxiang_zone.catalogue import events, seeded_life, seeded_money
from fuxiang_zone.catalogue.choices import TypeState
from fuxiang_zone.catalogue.content import CONTENT, tidied

LABEL = "fuxiang_zone_catalogue"
# As the province lists them.
ORDER = (
    "provident_fund_query", "smart_mortgage", "wechat_subsidy", "smart_campus", "campus_card",
    "activation_gift", "device_purchase", "large_cd", "smart_deposit", "wealth", "insurance",
    "ecny_red_packet",
)  # fmt: skip


def seeded_types() -> list[dict[str, Any]]:
    found = {each["code"]: each for each in (*seeded_money.TYPES, *seeded_life.TYPES)}
    plain: list[dict[str, Any]] = json.loads(json.dumps([found[code] for code in ORDER]))
    return [tidied(each) for each in plain]


def seed_digest() -> str:
    text = json.dumps(seeded_types(), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def seed_after_migrate(
    sender: AppConfig, using: str, apps: Any = installed, **_signal: object
) -> None:
    """Once the tables of all rooms are there; banks' schemas have no catalogue."""
    is_public = connections[using].schema_name == get_public_schema_name()
    if not is_public or sender is not _last_app():
        return
    try:
        types, versions = apps.get_model(LABEL, "ProductType"), apps.get_model(LABEL, "TypeVersion")
    except LookupError:  # migrated back to before types had versions
        return
    with transaction.atomic(using=using):
        added = [
            entry["code"]
            for position, entry in enumerate(seeded_types(), 1)
            if _seed(types, versions, entry, position)
        ]
        if added:
            record(events.TYPES_SEEDED, actor=None, after=added)


def _seed(types: Any, versions: Any, entry: dict[str, Any], position: int) -> bool:
    """Made, or filled in where an older release left its columns empty."""
    row, is_new = types.objects.get_or_create(
        code=entry["code"],
        defaults={**entry, "position": position, "state": TypeState.OPEN.value},
    )
    if not is_new:
        if versions.objects.filter(product_type=row).exists() or row.fields or row.disclosures:
            return False
        for name in ("english_name", "icon", "description", "fields", "disclosures", "features"):
            setattr(row, name, entry[name])
        row.save()
    versions.objects.create(
        product_type=row, version=row.version, changed_at=timezone.now(),
        content={name: getattr(row, name) for name in CONTENT},
    )  # fmt: skip
    return True


def _last_app() -> AppConfig:
    return [config for config in installed.get_app_configs() if config.models_module][-1]
