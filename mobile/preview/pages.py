"""The pages of the app besides its home: which template draws which, and who may look."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from mobile.preview import campaigns, campus, wallet, zone, zone_sales

if TYPE_CHECKING:
    from mobile.feed.items import Item
    from mobile.preview.scenes import Scene

Has = Callable[[str], bool]
# Template, what it shows, status.
Drawn = tuple[str, dict[str, Any], int]

_WITHOUT_ITEM: dict[str, tuple[str, str, Callable[[Scene], dict[str, Any]]]] = {
    # What is one customer's own is for those who may see that in the console.
    "wallet": ("mobile/wallet.html", "coupons.view_coupon", wallet.page_context),
    "claims": ("mobile/wallet.html", "coupons.view_coupon", wallet.page_context),
    "reservations": (
        "mobile/reservations.html",
        "fuxiang_zone.view_reservation",
        zone_sales.reservations_context,
    ),
    "campus": ("mobile/campus.html", campus.PERMISSION, campus.bills_context),
    "bill": ("mobile/campus_bill.html", campus.PERMISSION, campus.bill_context),
    "bill_pay": ("mobile/campus_bill.html", campus.PERMISSION, campus.bill_context),
    "zone": ("mobile/zone.html", "", zone.zone_context),
    "campaigns": ("mobile/campaigns.html", "", campaigns.list_context),
}
_OF_PRODUCT: dict[str, tuple[str, Callable[[Scene, Item], dict[str, Any]]]] = {
    "product": ("mobile/product.html", zone_sales.page_context),
    "calculator": ("mobile/calculator.html", zone.calculator_context),
    "reserve": ("mobile/reserve.html", zone_sales.reserve_context),
    "reserved": ("mobile/reserved.html", zone_sales.reserved_context),
}
_OF_CAMPAIGN: dict[str, tuple[str, Callable[[Scene, Item, Has], dict[str, Any]]]] = {
    "campaign": ("mobile/campaign.html", campaigns.page_context),
    "joined": ("mobile/joined.html", campaigns.joined_context),
}
NOTHING = "mobile/nothing.html"


def draw(scene: Scene, has_perm: Has) -> Drawn | None:
    """None: no other page than home is open. Raises ``PermissionDenied``."""
    page, _item = scene.page
    if page in _WITHOUT_ITEM:
        template, permission, context_of = _WITHOUT_ITEM[page]
        if permission and not has_perm(permission):
            raise PermissionDenied
        return template, context_of(scene), 200
    if page in _OF_PRODUCT:
        product = zone.opened_product(scene)
        if product is None:
            return NOTHING, zone.nothing_here(scene), 404
        template, of_product = _OF_PRODUCT[page]
        return template, of_product(scene, product), 200
    if page in _OF_CAMPAIGN:
        campaign = campaigns.opened_campaign(scene)
        if campaign is None:
            return NOTHING, campaigns.nothing_here(scene), 404
        template, of_campaign = _OF_CAMPAIGN[page]
        return template, of_campaign(scene, campaign, has_perm), 200
    return None
