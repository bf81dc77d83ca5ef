"""What a customer could use for a payment now, what is nearly within reach, and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coupons.errors import BelowThreshold, CouponRefused
from coupons.life.payments import Payment, require_fitting
from coupons.terms.reading import Terms
from coupons.wallet.combining import Candidate, best_of, off_of
from coupons.wallet.holdings import Held, document_of
from coupons.wallet.offers import live_terms, offer_document
from coupons.wallet.reasons import (
    Used,
    is_soon,
    overdue_uses,
    reason_of,
    refusal_by_limits,
    refusal_to_claim,
    refusal_to_use,
    uses_of,
    uses_of_claim,
    with_reset,
)
from coupons.wallet.situation import Offer, Situation, situation_of, used_of


@dataclass(frozen=True, slots=True)
class Weighed:
    """One coupon before one payment."""

    held: Held
    # What it takes off the payment.
    off_cents: int
    refusal: CouponRefused | None

    @property
    def document(self) -> dict[str, Any]:
        document = document_of(self.held)
        if self.refusal is None:
            return {**document, "takes_off_cents": self.off_cents}
        return {**document, "reason": reason_of(self.refusal)}


def usable_now(customer_number: str, payment: Payment, *, at: datetime) -> dict[str, Any]:
    """As ``lock_coupon`` would decide with the same payment at the same moment; two statements."""
    situation = situation_of(customer_number, at=at)
    helpful = [offer for offer in situation.offers if _helps(offer, payment, at)]
    used = _used(situation, helpful, payment)
    weighed = [_weighed(held, payment, at, used) for held in situation.held]
    usable = sorted((each for each in weighed if each.refusal is None), key=_preference)
    refused = [each for each in weighed if each.refusal is not None]
    near = sorted((each for each in refused if _is_near(each, at)), key=_distance)
    return {
        "scene": payment.scene,
        "amount_cents": payment.order_cents,
        "usable": [each.document for each in usable],
        "best": _best(usable, payment),
        "nearly": [each.document for each in near],
        "unusable": [each.document for each in refused if not _is_near(each, at)],
        "claimable": _claimable(helpful, situation, payment, used),
    }


def _used(situation: Situation, offers: Sequence[Offer], payment: Payment) -> Used:
    at = situation.at
    asked = [use for held in situation.held for use in uses_of(held.row, payment, at)]
    asked += [use for offer in offers for use in uses_of_claim(live_terms(offer), situation)]
    used = Counter(used_of(asked))
    for held in situation.held:
        used.subtract({use.id: use.amount for use in overdue_uses(held.row, at)})
    return used


def _weighed(held: Held, payment: Payment, at: datetime, used: Used) -> Weighed:
    row, refusal = held.row, refusal_to_use(held.row, payment, at)
    if refusal is None:
        reached = refusal_by_limits(uses_of(row, payment, at), used)
        refusal = with_reset(reached, at) if reached is not None else None
    off = row.terms.worth(row.face_cents, payment.order_cents) if row.terms.reduces_payment else 0
    return Weighed(held, off, refusal)


def _preference(weighed: Weighed) -> tuple[int, datetime, int]:
    """What takes off most; of equal ones, what expires first."""
    return (-weighed.off_cents, weighed.held.row.valid_until, weighed.held.row.id)


def _best(usable: Sequence[Weighed], payment: Payment) -> dict[str, Any]:
    candidates = [
        Candidate(each.held.row.id, each.held.row.terms.stacking_group, each.off_cents)
        for each in usable
    ]
    order = payment.order_cents or 0
    chosen = best_of(candidates, order)
    return {
        "coupons": [
            {"id": each.coupon_id, "takes_off_cents": each.off_cents} for each in chosen
        ],
        "takes_off_cents": off_of(chosen),
        "pay_cents": order - off_of(chosen),
    }  # fmt: skip


def _is_near(weighed: Weighed, at: datetime) -> bool:
    refusal = weighed.refusal
    return isinstance(refusal, BelowThreshold) or (refusal is not None and is_soon(refusal, at))


def _distance(weighed: Weighed) -> tuple[int, datetime]:
    """First what a little more would reach."""
    facts = weighed.refusal.facts if weighed.refusal is not None else {}
    return (facts.get("missing_cents", 0), weighed.held.row.valid_until)


# --- what could be claimed for it -----------------------------------------------------------------
def _helps(offer: Offer, payment: Payment, at: datetime) -> bool:
    """Can be claimed, and used for this payment at once; but for the limits."""
    if refusal_to_claim(offer, at) is not None:
        return False
    terms = live_terms(offer)
    is_meant = terms.reduces_payment or payment.scene in terms.scenes
    begun = terms.valid_from is None or terms.valid_from <= at
    if not (terms.is_online and is_meant and begun and terms.latest_use() > at):
        return False
    try:
        require_fitting(terms, payment)
    except CouponRefused:
        return False
    return not terms.reduces_payment or _off(terms, payment) > 0


def _claimable(
    offers: Sequence[Offer], situation: Situation, payment: Payment, used: Used
) -> list[dict[str, Any]]:
    allowed = [
        live_terms(offer)
        for offer in offers
        if refusal_by_limits(uses_of_claim(live_terms(offer), situation), used) is None
    ]
    allowed.sort(key=lambda terms: -_off(terms, payment))
    return [{**offer_document(terms), "takes_off_cents": _off(terms, payment)} for terms in allowed]


def _off(terms: Terms, payment: Payment) -> int:
    """At least: with the least face value that there is."""
    return terms.worth(terms.face_min_cents, payment.order_cents) if terms.reduces_payment else 0
