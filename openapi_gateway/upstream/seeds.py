"""The vendors that every installation starts with: the engine of LIVENESS_URL and the core of
CORE_URL, and the codes that they answer with. What the console has changed stays."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db import connections

from openapi_gateway.choices import Environment
from openapi_gateway.upstream.choices import OurCode, VendorKind

TIDY, DAY = "openapi_gateway.upstream.tasks.tidy_charges", 86_400

VENDORS = (
    {
        "code": "liveness",
        "name": "活体检测引擎",
        "kind": VendorKind.LIVENESS.value,
        "total_ms": 8000,
    },
    {"code": "core", "name": "核心系统适配器", "kind": VendorKind.CORE.value, "total_ms": 3000},
)
# Vendor's code → ours, whether the customer may try again, whether the vendor charges for it.
CODES: dict[str, tuple[tuple[str, OurCode, bool, bool], ...]] = {
    "liveness": (
        ("0", OurCode.PASSED, False, True),
        ("1001", OurCode.SPOOF_PHOTO, False, True),
        ("1002", OurCode.SPOOF_SCREEN, False, True),
        ("1003", OurCode.SPOOF_MASK, False, True),
        ("1099", OurCode.SPOOF_OTHER, False, True),
        ("1100", OurCode.UNCERTAIN, True, True),
        ("1200", OurCode.FACE_MISMATCH, True, True),
        ("2001", OurCode.NO_FACE, True, False),
        ("2002", OurCode.SEVERAL_FACES, True, False),
        ("2003", OurCode.POOR_QUALITY, True, False),
        ("2004", OurCode.WRONG_ACTION, True, False),
        ("4001", OurCode.MEDIA_REFUSED, True, False),
    ),
    "core": (
        ("C404", OurCode.CUSTOMER_UNKNOWN, False, False),
        ("A404", OurCode.ACCOUNT_UNKNOWN, False, False),
        ("P400", OurCode.PIN_BLOCK_REFUSED, False, False),
    ),
}


def seed_digest() -> str:
    document = json.dumps([VENDORS, CODES], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def seed_after_migrate(
    sender: AppConfig, using: str, apps: Any = installed, **_signal: object
) -> None:
    if connections[using].schema_name != "public":
        return
    try:
        models = [
            apps.get_model("gateway_upstream", name) for name in ("Vendor", "VendorCode", "Breaker")
        ]
    except LookupError:  # migrated back to before there were vendors
        return
    seed(*models)


def seed(vendors: Any, codes: Any, breakers: Any) -> None:
    for row in VENDORS:
        defaults = {**row, "serves_sandbox": True, "serves_production": True}
        vendor, _ = vendors.objects.get_or_create(code=row["code"], defaults=defaults)
        for code, ours, is_retryable, is_billable in CODES[vendor.code]:
            codes.objects.get_or_create(
                vendor=vendor, vendor_code=code,
                defaults={
                    "code": ours.value, "is_retryable": is_retryable, "is_billable": is_billable
                },
            )  # fmt: skip
        for environment in Environment.values:
            breakers.objects.get_or_create(vendor=vendor, environment=environment)
