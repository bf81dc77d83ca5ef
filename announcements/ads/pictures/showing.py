"""A picture as the console's pages need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from announcements.ads.pictures.services import is_cut
from announcements.catalogue.models import Placement

if TYPE_CHECKING:
    from announcements.ads.models import Picture

SIZES = ("1x", "2x", "3x")


def address_of(name: str) -> str:
    return f"{settings.MEDIA_URL}{name}"


def document_of(picture: Picture) -> dict[str, Any]:
    """For the page's script: plain JSON."""
    return {
        "uid": str(picture.uid),
        "placement": picture.placement,
        "original": {
            "address": address_of(picture.original),
            "width": picture.original_width,
            "height": picture.original_height,
        },
        "crop": picture.crop or None,
        "cut": is_cut(picture),
        "sizes": [_size(picture, name) for name in SIZES if name in picture.variants],
        "note": _note(picture),
    }


def placements() -> dict[str, Any]:
    """By code, what a picture for it must be like."""
    return {each.code: _wanted(each) for each in Placement.objects.all()}


def thumbnail(picture: Picture | None, alt: str = "") -> SafeString | str:
    """For lists and for those who may only look."""
    if picture is None or not is_cut(picture):
        return "—"
    small = picture.variants["thumbnail"]
    return format_html(
        '<img class="fx-thumbnail" src="{}" width="{}" height="{}" alt="{}" loading="lazy">',
        address_of(small["name"]), small["width"], small["height"], alt,
    )  # fmt: skip


def _size(picture: Picture, name: str) -> dict[str, Any]:
    found = picture.variants[name]
    return {
        "name": name.replace("x", "×"),
        "address": address_of(found["name"]),
        "width": found["width"],
        "height": found["height"],
        "weight": filesizeformat(found["bytes"]),
    }


def _note(picture: Picture) -> str:
    if not is_cut(picture):
        return _("Not cropped yet: choose the part that customers see.")
    if "3x" not in picture.variants:
        return _("A larger picture would look sharper on phones with fine screens.")
    return ""


def _wanted(placement: Placement) -> dict[str, Any]:
    return {
        "width": placement.width,
        "height": placement.height,
        "hint": _(
            "JPEG, PNG or WebP, at most 10 MB. “%(placement)s” needs at least %(least)s pixels,"
            " best %(best)s or more."
        )
        % {
            "placement": placement,
            "least": f"{placement.width} × {placement.height}",
            "best": f"{placement.width * 3} × {placement.height * 3}",
        },
    }
