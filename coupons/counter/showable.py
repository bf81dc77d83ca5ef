"""Which coupons a customer can show at a counter."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from coupons.choices import BatchState, CouponState
from coupons.counter.rules import obstacles
from coupons.counter.showing import terms_of_coupon
from coupons.errors import UnknownCoupon, WrongChannel
from coupons.models import Coupon


def showable_coupon(coupon_id: int, customer_number: str, at: datetime) -> Coupon:
    """The customer's own, while it could be redeemed at some counter; else the reason why not."""
    found = Coupon.objects.select_related("batch", "template", "branch").filter(
        pk=coupon_id, customer_number=customer_number,
        batch__state__in=[BatchState.LIVE, BatchState.FROZEN, BatchState.RECALLED],
    ).exclude(state=CouponState.STOCKED).first()  # fmt: skip
    terms = terms_of_coupon(found) if found is not None else None
    if found is None or terms is None:
        raise UnknownCoupon(_("You have no such coupon."))
    for refusal in obstacles(found, terms, None, at):
        raise refusal
    if not terms.is_at_counter:
        raise WrongChannel(_("This coupon is used in the app only, not at a counter."))
    return found
