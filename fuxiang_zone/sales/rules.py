"""Who may reserve a product now, and how many units; each no is a sentence."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from customers.audiences import matches, year_of
from fuxiang_zone.errors import (
    BadAmount,
    CustomerLimitReached,
    NotMeant,
    NotOnSale,
    NotSuitable,
    SoldOut,
    UnknownProduct,
)
from fuxiang_zone.products.suitability import Suitability, verdict
from fuxiang_zone.sales.rows import SHANGHAI, clock, moment
from fuxiang_zone.sales.sight import Buyer, Product, Sight

MAX_UNITS = 1_000_000


def require_units(units: int) -> None:
    if not 1 <= units <= MAX_UNITS:
        raise BadAmount(
            _("Reserve at least one unit, and at most %(most)s.") % {"most": f"{MAX_UNITS:,}"},
            units=units,
        )


def require_reservable(sight: Sight, units: int, at: datetime) -> Product:
    product = require_shown(sight, at)
    require_on_sale(product, at)
    suitable = suitability(product, sight.buyer, at)
    if not suitable.ok:
        raise NotSuitable(suitable.sentence, why=suitable.code)
    require_room(sight, units)
    return product


def require_shown(sight: Sight, at: datetime) -> Product:
    """Live, and meant for this customer."""
    product = sight.product
    if product is None:
        raise UnknownProduct(_("There is no such product."))
    if product.live_version is None:
        raise NotOnSale(_("This product is no longer offered."), why="withdrawn")
    _require_within(product.starts_at, product.ends_at, at)
    if not sight.buyer.branch_path.startswith(product.branch_path):
        raise NotMeant(_("This product is for customers of another branch."), why="branch")
    if product.audience and not matches(product.audience, sight.buyer.facts, year_of(at)):
        raise NotMeant(_("This product is not meant for this customer."), why="audience")
    return product


def require_on_sale(product: Product, at: datetime) -> None:
    if product.quota is None:
        raise NotOnSale(_("This product is not reserved in the app."), why="no_quota")
    _require_within(product.sale_starts_at, product.sale_ends_at, at)


def _require_within(starts: datetime | None, ends: datetime | None, at: datetime) -> None:
    if starts is not None and at < starts:
        raise NotOnSale(
            _("This product is on sale from %(moment)s.") % {"moment": clock(starts)},
            why="not_started", starts_at=moment(starts),
        )  # fmt: skip
    if ends is not None and at >= ends:
        raise NotOnSale(
            _("This product was on sale until %(moment)s.") % {"moment": clock(ends)},
            why="ended", ended_at=moment(ends),
        )  # fmt: skip


def suitability(product: Product, buyer: Buyer, at: datetime) -> Suitability:
    today = at.astimezone(SHANGHAI).date()
    return verdict(product.risk_level, buyer.risk_level, buyer.risk_assessed_on, today)


def require_room(sight: Sight, units: int) -> None:
    product = sight.product
    assert product is not None
    most, left = product.most_per_customer, product.left or 0
    if most is not None and sight.share + units > most:
        raise CustomerLimitReached(
            _("Each customer can have %(most)s units of this product; you have %(share)s.")
            % {"most": f"{most:,}", "share": f"{sight.share:,}"},
            most=most, share=sight.share,
        )  # fmt: skip
    if units <= left:
        return
    if left == 0:
        raise SoldOut(_("This product is sold out."), left=0)
    raise SoldOut(
        _("Only %(left)s units of this product are left.") % {"left": f"{left:,}"}, left=left
    )
