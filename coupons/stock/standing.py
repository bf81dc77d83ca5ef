"""In which state a coupon is in effect: by its row, its batch and the clock."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from coupons.choices import BatchState, CouponState

if TYPE_CHECKING:
    from coupons.models import Coupon

# Nothing that happens around them changes these.
_FINAL = (CouponState.REDEEMED, CouponState.VOIDED, CouponState.EXPIRED)
_OPEN = (CouponState.STOCKED, CouponState.CLAIMED, CouponState.LOCKED)


def effective_state(coupon: Coupon, batch_state: str, at: datetime) -> CouponState:
    state = CouponState(coupon.state)
    if state in _FINAL:
        return state
    if batch_state == BatchState.RECALLED:
        return CouponState.VOIDED
    if state == CouponState.FROZEN:
        return state
    is_held = coupon.lock_until is not None and coupon.lock_until > at
    locked = state == CouponState.LOCKED
    if coupon.valid_until <= at and not (locked and is_held):
        return CouponState.EXPIRED
    if batch_state == BatchState.FROZEN:
        return CouponState.FROZEN
    return CouponState.CLAIMED if locked and not is_held else state


Condition = tuple[Q, tuple[BatchState, ...]]
_LIVE, _FROZEN, _RECALLED = (BatchState.LIVE,), (BatchState.FROZEN,), (BatchState.RECALLED,)
_STANDING = (*_LIVE, *_FROZEN)
# Whose coupons anybody may look at: as in BatchQuerySet.decided.
DECIDED = (*_STANDING, *_RECALLED)


def conditions(state: str, at: datetime) -> list[Condition]:
    """Which rows of which batches are in ``state`` in effect; no row is in two of them. What is
    overdue by the clock alone comes last: see ``overdue``."""
    valid, held = Q(valid_until__gt=at), Q(lock_until__gt=at)
    loose = Q(lock_until=None) | Q(lock_until__lte=at)
    stocked, claimed, locked, frozen = (Q(state=each) for each in (*_OPEN, CouponState.FROZEN))
    table: dict[str, list[Condition]] = {
        CouponState.STOCKED: [(stocked & valid, _LIVE)],
        CouponState.CLAIMED: [(claimed & valid, _LIVE), (locked & loose & valid, _LIVE)],
        CouponState.LOCKED: [(locked & held, _LIVE)],
        CouponState.FROZEN: [
            (frozen, _STANDING),
            (stocked & valid, _FROZEN),
            (claimed & valid, _FROZEN),
            (locked & (valid | held), _FROZEN),
        ],
        CouponState.VOIDED: [
            (Q(state=CouponState.VOIDED), DECIDED),
            *((each, _RECALLED) for each in (stocked, claimed, locked, frozen)),
        ],
        CouponState.REDEEMED: [(Q(state=CouponState.REDEEMED), DECIDED)],
        CouponState.EXPIRED: [(Q(state=CouponState.EXPIRED), DECIDED)],
    }
    return table.get(state, [(Q(), DECIDED)])


def overdue(at: datetime) -> list[Condition]:
    """Expired by the clock, and not written down yet."""
    over, loose = Q(valid_until__lte=at), Q(lock_until=None) | Q(lock_until__lte=at)
    return [
        (Q(state=CouponState.STOCKED) & over, _STANDING),
        (Q(state=CouponState.CLAIMED) & over, _STANDING),
        (Q(state=CouponState.LOCKED) & over & loose, _STANDING),
    ]
