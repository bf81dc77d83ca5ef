"""The coupons themselves, counted once by batch and state."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from coupons.choices import CouponState
from coupons.models import Batch, Coupon
from coupons.stock.ledgers import run

# What a customer has been promised and has not used; a frozen one only if it was claimed.
_COUNT = """
    SELECT coupon.batch_id, coupon.state, coupon.claimed_at IS NOT NULL, count(*),
        sum(coupon.face_cents), sum(coupon.redeemed_cents)
    FROM {coupons} AS coupon
    JOIN {batches} AS batch ON batch.id = coupon.batch_id
    WHERE batch.state IN ('live', 'frozen', 'recalled')
    GROUP BY 1, 2, 3
"""
GONE = frozenset({CouponState.EXPIRED.value, CouponState.VOIDED.value})
_PROMISED = frozenset({CouponState.CLAIMED.value, CouponState.LOCKED.value})


@dataclass(slots=True)
class BatchStock:
    count: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    face_cents: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    promised_cents: int = 0
    redeemed_cents: int = 0

    @property
    def held(self) -> tuple[int, int]:
        """Coupons and face value that count against the template's stock and budget."""
        count = sum(number for state, number in self.count.items() if state not in GONE)
        return count, sum(face for state, face in self.face_cents.items() if state not in GONE)


def count_stock() -> dict[int, BatchStock]:
    """By batch, of those that have been decided."""
    found: dict[int, BatchStock] = {}
    with run(_COUNT, {"coupons": Coupon, "batches": Batch}, {}) as cursor:
        for batch_id, state, is_claimed, count, face, redeemed in cursor:
            stock = found.setdefault(batch_id, BatchStock())
            stock.count[state] += count
            stock.face_cents[state] += int(face)
            stock.redeemed_cents += int(redeemed)
            if state in _PROMISED or (state == CouponState.FROZEN and is_claimed):
                stock.promised_cents += int(face)
    return found
