"""The screens of the phone, drawn from a scene: what stands where, and where a touch leads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from mobile.preview.people import is_visitor
from mobile.preview.targets import words_for

if TYPE_CHECKING:
    from mobile.preview.scenes import Scene

SKINS = Path(settings.BASE_DIR) / "static" / "preview" / "skins"
AT_HAND, IN_GRID, IN_SENIOR_GRID = 4, 9, 8
PLACES = ("home_banner", "zone_banner")


def base_context(scene: Scene) -> dict[str, Any]:
    local = timezone.localtime(scene.at)
    palette = scene.home["palette"]
    return {
        "scene": scene,
        "home": scene.home,
        "palette": palette,
        # What --primary is mixed with for depth, so that words on it stay as readable.
        "shade": "#fff" if is_dark(palette["on_primary"]) else "#000",
        "artwork": artwork_of(scene.home["skin"]),
        "is_senior": scene.mode == "senior",
        "is_visitor": is_visitor(scene.choices),
        "clock": local.strftime("%H:%M"),
        "as_of": local.strftime("%Y-%m-%d %H:%M") if scene.is_elsewhen else "",
        "home_link": f"?{scene.choices.without('splash', 'must', 'popup')}",
        "wallet_link": f"?{scene.choices.query(page='wallet', item=None, tap=None)}",
        "claims_link": f"?{scene.choices.query(page='claims', item=None, tap=None)}",
        "zone_link": scene.choices.to("zone"),
        "reservations_link": scene.choices.to("reservations"),
        "campaigns_link": scene.choices.to("campaigns"),
    }


def home_context(scene: Scene) -> dict[str, Any]:
    choices = scene.choices
    functions = arranged(scene.home["functions"])
    other = "standard" if scene.mode == "senior" else "senior"
    first = IN_SENIOR_GRID if scene.mode == "senior" else AT_HAND
    return {
        **base_context(scene),
        **overlays(scene),
        "here": f"?{choices.query(tap=None)}",
        "other_mode_link": f"?{choices.query(mode=other, tap=None)}",
        "quick": functions[:AT_HAND],
        "grid": functions[:IN_SENIOR_GRID]
        if scene.mode == "senior"
        else functions[first : first + IN_GRID],
        "banners": pictures(scene, "home_banner"),
        "zone_banners": pictures(scene, "zone_banner"),
        "announcements": [
            {**item, "link": f"?{choices.query(page='', item=item['id'], tap=None)}"}
            for item in scene.home["announcements"]
        ],
        "zone": scene.home["zone"],
        "campaigns": [
            {**each, "link": choices.to("campaign", each["id"])} for each in scene.home["campaigns"]
        ],
        "touched": touched(scene),
        "closed": choices.closed,
    }


def arranged(functions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In the order given, those that customers cannot remove first."""
    return sorted(functions, key=lambda function: not function["locked"])


# --- what comes over the page ---------------------------------------------------------------------
def overlays(scene: Scene) -> dict[str, Any]:
    """One thing at a time, as customers meet them."""
    choices, must_read = scene.choices, scene.must_read
    splash, popup, floating = (pictures(scene, code) for code in ("splash", "popup", "floating"))
    sheet = ""
    if scene.covers("splash") and "splash" not in choices.closed:
        sheet = "splash"
    elif must_read and scene.mode != "senior" and "must" not in choices.closed:
        sheet = "must"
    elif scene.covers("popup") and "popup" not in choices.closed:
        sheet = "popup"
    return {
        "sheet": sheet,
        "splash": splash[0] if splash else None,
        "popup": popup[0] if popup else None,
        "floating": floating[0] if floating and "floating" not in choices.closed else None,
        "must_read": must_read if sheet == "must" or scene.mode == "senior" else None,
        "must_read_link": f"?{choices.query(page='', item=must_read['id'], tap=None)}"
        if must_read
        else "",
        # Whoever is past a sheet has met those before it.
        "skip_splash": f"?{choices.without('splash')}",
        "later": f"?{choices.without('splash', 'must')}",
        "close_popup": f"?{choices.without('splash', 'must', 'popup')}",
        "close_floating": f"?{choices.without('floating')}",
    }


def pictures(scene: Scene, placement: str) -> list[dict[str, Any]]:
    """The one under preview first where only one can be seen at a time."""
    drawn = [picture(scene, item) for item in scene.pictures(placement)]
    if placement not in PLACES:
        drawn.sort(key=lambda each: not each["is_marked"])
    return drawn


def picture(scene: Scene, item: dict[str, Any]) -> dict[str, Any]:
    # A draft may have no picture yet.
    variants, link = item["image"], item["link"]
    smallest = next(iter(variants.values()), {"url": "", "width": 0, "height": 0})
    return {
        "id": item["id"],
        "alt": item["alt"],
        "src": smallest["url"],
        "srcset": ", ".join(f"{each['url']} {name}" for name, each in variants.items()),
        "width": smallest["width"],
        "height": smallest["height"],
        "leads_to": words_for(link),
        "link": opened_by(scene, link) or f"?{scene.choices.query(item=None, tap=item['id'])}",
        "is_marked": item["id"] == scene.marked,
    }


def opened_by(scene: Scene, link: Mapping[str, Any]) -> str:
    """The page of this app that a link leads to; empty = the phone only says where."""
    choices, target = scene.choices, str(link.get("target") or link.get("id") or "")
    match link.get("kind"):
        case "announcement":
            return f"?{choices.query(page='', item=target, tap=None)}"
        case "campaign":
            return choices.to("campaign", target)
        case "zone_product":
            # A type of product, or one product.
            return (
                choices.to("product", target) if target in scene.feed.by_id else choices.to("zone")
            )
        case "coupon_template":
            return choices.to("claims")
    return ""


def touched(scene: Scene) -> dict[str, Any] | None:
    """The picture that was touched: the phone says where that would lead."""
    wanted = str(scene.choices.tap or "")
    for items in scene.home["placements"].values():
        for item in items:
            if item["id"] == wanted:
                return picture(scene, item)
    return None


# --- looks ----------------------------------------------------------------------------------------
@cache
def artwork_of(skin: str) -> str:
    """The path of the header's picture below /static/; empty = this skin has none."""
    return f"preview/skins/{skin}.svg" if (SKINS / f"{skin}.svg").is_file() else ""


def is_dark(colour: str) -> bool:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red * 299 + green * 587 + blue * 114 < 128_000
