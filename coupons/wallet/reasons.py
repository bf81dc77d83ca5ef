"""Why a coupon cannot be used, or a template not be claimed: as the services would refuse it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from coupons.choices import CouponState, LimitAction
from coupons.errors import CouponRefused, LimitReached, NotLive, NotYetValid
from coupons.life import actors, counted, limits
from coupons.life.claims import nothing_left, require_claimable
from coupons.life.documents import moment
from coupons.life.limits import Use
from coupons.life.locks import locked_elsewhere, require_channel, require_worth
from coupons.life.payments import Payment, require_fitting
from coupons.life.periods import next_period
from coupons.life.rows import Row, require_usable
from coupons.terms.reading import SHANGHAI, Terms
from coupons.wallet.situation import Offer, Situation

# What begins within this time is nearly within reach.
SOON = timedelta(days=7)
Used = Mapping[UUID, int]


def reason_of(refusal: CouponRefused) -> dict[str, Any]:
    return {**refusal.facts, "code": refusal.code_text, "detail": str(refusal)}


# --- using ----------------------------------------------------------------------------------------
def refusal_to_use(row: Row, payment: Payment, at: datetime) -> CouponRefused | None:
    """Of everything but the limits; in the order of ``lock_coupon``."""
    try:
        require_usable(row, at)
        require_channel(row, actors.customer(row.customer_number))
        if row.is_locked(at):
            raise locked_elsewhere(row)
        require_fitting(row.terms, payment)
        require_worth(row, row.terms.worth(row.face_cents, payment.order_cents))
    except CouponRefused as refusal:
        return refusal
    return None


def uses_of(row: Row, payment: Payment, at: datetime) -> list[Use]:
    worth = row.terms.worth(row.face_cents, payment.order_cents)
    return counted.to_claim(row, worth=worth, branch_path=row.customer_branch, at=at)


def overdue_uses(row: Row, at: datetime) -> list[Use]:
    """What a lock that is over still counts: whoever needs the room gets it."""
    if row.state != CouponState.LOCKED or row.counted_at is None or row.is_locked(at):
        return []
    return uses_of(row, Payment(row.order_cents), row.counted_at)


def refusal_by_limits(uses: Sequence[Use], used: Used) -> LimitReached | None:
    for use in uses:
        if used.get(use.id, 0) + use.amount > use.limit.limit:
            return _limit_reached(use)
    return None


def _limit_reached(use: Use) -> LimitReached:
    try:
        limits.refuse(use)
    except LimitReached as refusal:
        return refusal


def with_reset(refusal: LimitReached, at: datetime) -> LimitReached:
    """Says when the limit begins anew, unless never, or one coupon alone is above it."""
    day = next_period(refusal.facts["period"], at)
    if day is not None:
        start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
        refusal.facts = {**refusal.facts, "resets_at": moment(start)}
    return refusal


# --- claiming -------------------------------------------------------------------------------------
def refusal_to_claim(offer: Offer, at: datetime) -> CouponRefused | None:
    """Of everything but the limits; in the order of ``claim_coupon``."""
    try:
        require_claimable(offer.sight, at, is_grant=False)
        if not offer.is_stocked:
            raise nothing_left(is_frozen=offer.is_frozen)
    except CouponRefused as refusal:
        return refusal
    return None


def uses_of_claim(terms: Terms, situation: Situation) -> list[Use]:
    """With the least face value: which coupon it will be is not known before."""
    return limits.uses(
        terms, LimitAction.CLAIM, customer_number=situation.customer_number,
        branch_path=situation.branch_path, face_cents=terms.face_min_cents, at=situation.at,
    )  # fmt: skip


def is_soon(refusal: CouponRefused, at: datetime) -> bool:
    """Whether waiting a few days is all that is missing."""
    name = {NotYetValid: "valid_from", NotLive: "starts_at", LimitReached: "resets_at"}
    when = refusal.facts.get(name.get(type(refusal), ""))
    return when is not None and datetime.fromisoformat(when) <= at + SOON
