"""Placements, pictures and ads for tests; the pictures have no bytes behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.ads import services
from announcements.ads.content import AdContent
from announcements.ads.models import Ad, Picture
from announcements.catalogue.models import Placement
from audit.context import current_schema
from operators.models import Operator
from tenants.platform import PLATFORM

SIZES = {
    "splash": (375, 667, 1, []),
    "home_banner": (343, 120, 5, [2]),
    "popup": (300, 400, 1, []),
}


def make_placements() -> None:
    with tenant_context(PLATFORM):
        for code, (width, height, slots, of_province) in SIZES.items():
            Placement.objects.get_or_create(
                code=code,
                defaults={
                    "width": width, "height": height, "slots": slots,
                    "province_slots": of_province, "must_close": code != "home_banner",
                },
            )  # fmt: skip


def make_picture(placement: str = "home_banner", **fields: Any) -> Picture:
    width, height, *_ = SIZES[placement]
    folder = f"{current_schema()}/{uuid4().hex}"
    variants = {
        name: {
            "name": f"{folder}/{name}.webp",
            "width": width * n,
            "height": height * n,
            "bytes": 9,
        }
        for n, name in ((1, "1x"), (2, "2x"), (3, "3x"), (1, "thumbnail"))
    }
    given: dict[str, Any] = {
        "placement": placement, "original": f"{folder}/original.webp", "original_width": 1200,
        "original_height": 800, "crop": {"x": 0, "y": 0, "width": 1200, "height": 400},
        "variants": variants, "digest": "0" * 64, "created_at": timezone.now(), **fields,
    }  # fmt: skip
    return Picture.objects.create(**given)


def content(**fields: Any) -> AdContent:
    placement = fields.get("placement", "home_banner")
    given: dict[str, Any] = {
        "title": "Spring deposits", "placement": placement, "alt_text": "Spring deposits, 2.1%",
        "starts_at": timezone.now() - timedelta(minutes=1),
        "ends_at": timezone.now() + timedelta(days=400), **fields,
    }  # fmt: skip
    if "picture" not in given:
        given["picture"] = make_picture(placement)
    return AdContent(**given)


def make_ad(maker: Operator, **fields: Any) -> Ad:
    return services.create_ad(actor=maker, content=content(**fields))
