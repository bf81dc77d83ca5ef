from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from publishing.envelopes import to_text

if TYPE_CHECKING:
    from announcements.ads.models import Ad, Picture

SCHEMA = 1
SIZES = ("1x", "2x", "3x")


def render_payload(ad: Ad) -> dict[str, Any]:
    """The versioned document that the feed works from."""
    return {
        "schema": SCHEMA,
        "placement": ad.placement,
        "alt": ad.alt_text,
        "image": image_of(ad.picture),
        "thumbnail": thumbnail_of(ad.picture),
        "link": {"kind": ad.link_kind, "target": ad.link_target},
        "windows": ad.windows,
        "weight": ad.weight,
        "daily_cap": ad.daily_cap,
        "lifetime_cap": ad.lifetime_cap,
        "slot": ad.slot,
        "house": ad.is_house,
        "for_seniors": ad.for_seniors,
        "closable": is_closable(ad.placement),
        "trial_starts_at": to_text(ad.trial_starts_at),
    }


def image_of(picture: Picture | None) -> dict[str, Any]:
    if picture is None:
        return {}
    return {size: _variant(picture.variants[size]) for size in SIZES if size in picture.variants}


def thumbnail_of(picture: Picture | None) -> str:
    found = picture.variants.get("thumbnail") if picture is not None else None
    return address_of(found["name"]) if found else ""


def address_of(name: str) -> str:
    """Within the console's and the app's own host; the storage behind it may be elsewhere."""
    return f"{settings.MEDIA_URL}{name}"


def is_closable(placement: str) -> bool:
    from announcements.ads.rules import rules_of

    return rules_of(placement).closable


def _variant(variant: dict[str, Any]) -> dict[str, Any]:
    return {
        "url": address_of(variant["name"]),
        "width": variant["width"],
        "height": variant["height"],
    }
