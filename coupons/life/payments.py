"""What a payment must be for a coupon to be used on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from coupons.errors import BadAmount, BelowThreshold, WrongScene
from coupons.terms.reading import Terms
from coupons.wording import yuan


@dataclass(frozen=True, slots=True)
class Payment:
    # Before anything is taken off; None = there is no payment.
    order_cents: int | None = None
    scene: str = ""
    reference: str = ""

    def quote(self, terms: Terms, face_cents: int) -> dict[str, Any]:
        worth = terms.worth(face_cents, self.order_cents)
        off = worth if terms.reduces_payment else 0
        pay = self.order_cents - off if self.order_cents is not None else None
        return {"order_cents": self.order_cents, "discount_cents": off, "pay_cents": pay}


def require_fitting(terms: Terms, payment: Payment) -> None:
    if terms.scenes and payment.scene not in terms.scenes:
        raise WrongScene(
            _("This coupon cannot be used here."),
            scene=payment.scene, scenes=sorted(terms.scenes),
        )  # fmt: skip
    order = payment.order_cents
    if order is not None and order < 0:
        raise BadAmount(_("The amount of the payment is negative."), amount_cents=order)
    if order is None and (terms.reduces_payment or terms.threshold_cents):
        raise BadAmount(_("Tell the amount of the payment."))
    if order is not None and order < terms.threshold_cents:
        raise BelowThreshold(
            _("The payment must be at least %(amount)s yuan.")
            % {"amount": yuan(terms.threshold_cents)},
            threshold_cents=terms.threshold_cents, missing_cents=terms.threshold_cents - order,
        )  # fmt: skip
    if terms.reduces_payment and not order:
        raise BadAmount(_("There is nothing to pay that could be reduced."), amount_cents=order)
