"""A reservation as customers make it. The preview reserves nothing: it says what would happen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fuxiang_zone.choices import ReservationState
from fuxiang_zone.errors import ZoneRefused
from fuxiang_zone.models import Reservation
from fuxiang_zone.products.wording import yuan
from fuxiang_zone.sales.rules import require_on_sale, require_room, require_units, suitability
from fuxiang_zone.sales.sight import Buyer, Product, Sight, look
from fuxiang_zone.sales.standing import stocks_of
from mobile.preview.screens import base_context
from mobile.preview.zone import product_context

if TYPE_CHECKING:
    from mobile.feed.items import Item
    from mobile.preview.scenes import Scene

# Of one customer, the newest; the app pages on.
MOST = 20
PERCENT = 100


def sale_context(scene: Scene, item: Item) -> dict[str, Any]:
    """How the product is sold to this customer now; for the foot of its page."""
    sight = sight_of(scene, item)
    product = sight.product
    assert product is not None
    refusal = refusal_of(sight, 1, scene.at)
    choices, is_senior = scene.choices, scene.mode == "senior"
    # Seniors take one unit with one touch; whoever wants more does it at the counter.
    reserve = choices.to("reserved", item.id, units=1) if is_senior else ""
    return {
        "is_reserved": product.quota is not None,
        "left": product.left,
        "left_percent": (product.left or 0) * PERCENT // product.quota if product.quota else 0,
        "unit": yuan(product.unit_cents) if product.unit_cents else "",
        "refusal": refusal,
        "reserve_link": reserve or choices.to("reserve", item.id),
        "hold_minutes": product.hold_minutes,
        "most": product.most_per_customer,
    }


def page_context(scene: Scene, item: Item) -> dict[str, Any]:
    return {**product_context(scene, item), "sale": sale_context(scene, item)}


def reserve_context(scene: Scene, item: Item) -> dict[str, Any]:
    choices = scene.choices
    return {
        **page_context(scene, item),
        "back_link": choices.to("product", item.id),
        "hidden": choices.pairs(page="reserved", item=item.id, tap=None, units=None),
        "units": choices.units or 1,
    }


def reserved_context(scene: Scene, item: Item) -> dict[str, Any]:
    units = scene.choices.units or 1
    sight = sight_of(scene, item)
    product = sight.product
    assert product is not None
    until = timezone.localtime(scene.at + timedelta(minutes=product.hold_minutes))
    return {
        **base_context(scene),
        "back_link": scene.choices.to("product", item.id),
        "item": item,
        "refusal": refusal_of(sight, units, scene.at),
        "units": units,
        "amount": yuan(units * product.unit_cents) if product.unit_cents else "",
        "until": until.strftime("%H:%M"),
        "hold_minutes": product.hold_minutes,
    }


def refusal_of(sight: Sight, units: int, at: datetime) -> str:
    """Why this customer could not reserve so many now; empty = they could."""
    product = sight.product
    assert product is not None
    try:
        require_units(units)
        require_on_sale(product, at)
        suitable = suitability(product, sight.buyer, at)
        if not suitable.ok:
            return str(suitable.sentence)
        require_room(sight, units)
    except ZoneRefused as refusal:
        return str(refusal)
    return ""


def sight_of(scene: Scene, item: Item) -> Sight:
    """What was published, or is proposed, with what is taken of it up to now."""
    customer = scene.choices.customer
    number = customer.number if customer is not None else ""
    known = look(UUID(item.id), number, at=scene.at)
    stock = stocks_of([item.id], number, scene.at).get(item.id)
    return Sight(
        product=_product(item, known.product, stock.overdue if stock is not None else 0),
        buyer=known.buyer if customer is not None else _buyer(scene),
        share=known.share,
        has_overdue=False,
        known=None,
    )


def _product(item: Item, now: Product | None, overdue: int) -> Product:
    """``overdue``: units held past their time, free again as in the channel."""
    payload = item.payload
    return Product(
        product_id=now.product_id if now is not None else 0,
        uid=UUID(item.id),
        type_code=item.type_code,
        live_version=item.version,
        starts_at=None,
        ends_at=None,
        audience={},
        branch_path=item.branch_path,
        sale_starts_at=_moment(payload["sale_starts_at"]),
        sale_ends_at=_moment(payload["sale_ends_at"]),
        risk_level=payload["risk_level"],
        quota=payload["quota"],
        unit_cents=payload["unit_cents"],
        most_per_customer=payload["most_per_customer"],
        hold_minutes=payload["hold_minutes"],
        held=now.held - overdue if now is not None else 0,
        confirmed=now.confirmed if now is not None else 0,
    )


def _buyer(scene: Scene) -> Buyer:
    """A customer who is only imagined has not been assessed."""
    facts = scene.person.facts
    return Buyer(
        facts.branch_path, facts.birth_year, sorted(facts.groups), sorted(facts.tags),
        facts.is_trial, "", None,
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# --- what one customer has reserved ---------------------------------------------------------------
def reservations_context(scene: Scene) -> dict[str, Any]:
    customer = scene.choices.customer
    rows = _reservations(customer.number, scene.at) if customer is not None else []
    return {**base_context(scene), "has_customer": customer is not None, "rows": rows}


def _reservations(number: str, at: datetime) -> list[dict[str, Any]]:
    found = Reservation.objects.filter(customer_number=number).select_related("product")
    return [_row(each, at) for each in found.order_by("-held_at", "-id")[:MOST]]


def _row(each: Reservation, at: datetime) -> dict[str, Any]:
    is_over = each.state == ReservationState.HELD and each.expires_at <= at
    state = ReservationState.EXPIRED if is_over else ReservationState(each.state)
    until = timezone.localtime(each.expires_at).strftime("%m-%d %H:%M")
    return {
        "title": each.product.title,
        "state": state,
        "label": state.label,
        "units": each.units,
        "amount": yuan(each.amount_cents) if each.amount_cents else "",
        "held_at": timezone.localtime(each.held_at).strftime("%Y-%m-%d %H:%M"),
        "until": _("held until %(moment)s") % {"moment": until}
        if state == ReservationState.HELD
        else "",
    }
