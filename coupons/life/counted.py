"""What a lock or a redemption has counted against the limits, to count it back."""

from __future__ import annotations

from datetime import datetime

from coupons.choices import LimitAction, LimitMeasure
from coupons.life import limits
from coupons.life.limits import Use
from coupons.life.rows import Row
from tenants.statements import fetch

_BRANCH = """
    SELECT branch_path FROM {schema}.coupons_ledgerentry
    WHERE coupon_id = :id AND action IN ('lock', 'redeem') AND at = :counted_at
    ORDER BY id DESC LIMIT 1
"""


def to_claim(row: Row, *, worth: int, branch_path: str, at: datetime) -> list[Use]:
    return limits.uses(
        row.terms, LimitAction.REDEEM, customer_number=row.customer_number,
        branch_path=branch_path, face_cents=worth, at=at,
    )  # fmt: skip


def to_return(row: Row, cents: int, *, whole: bool = True) -> list[Use]:
    """Of the period, and the branch, in which it was counted; not ``whole`` = the amount only."""
    if row.counted_at is None or not row.terms.limits_of(LimitAction.REDEEM):
        return []
    found = fetch(_BRANCH, {"id": row.id, "counted_at": row.counted_at})
    branch_path = found[0][0] if found else row.customer_branch
    uses = to_claim(row, worth=cents, branch_path=branch_path, at=row.counted_at)
    return [use for use in uses if whole or use.limit.measure == LimitMeasure.AMOUNT]
