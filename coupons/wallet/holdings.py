"""What customers hold, as one statement sees it: state of the coupon, its batch, and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from coupons.life.documents import moment
from coupons.life.rows import Row
from coupons.terms.reading import Terms
from coupons.wallet.choices import WalletState

_VALID_FROM = "coalesce(coupon.valid_from, (terms.terms->>'valid_from')::timestamptz)"
_EXPRESSIONS = {
    "valid_from": _VALID_FROM,
    "batch_state": "batch.state",
    "live_version": "0",
    "customer_branch": "''",
    "branch_path": "coalesce(own.path, '')",
    "branch_name": "coalesce(own.name, '')",
    "is_answered": "false",
}
# Every field of ``Row``, by its name.
COLUMNS = ", ".join(f"{_EXPRESSIONS.get(name, f'coupon.{name}')} AS {name}" for name in Row._fields)
NAMES = ", ".join(Row._fields)
# In the order in which ``coupons.life.rows.require_usable`` refuses. A lock that is over is none.
EFFECTIVE = f"""
    CASE
        WHEN coupon.state IN ('redeemed', 'voided', 'expired') THEN coupon.state
        WHEN batch.state = 'recalled' THEN 'voided'
        WHEN coupon.state = 'frozen' OR batch.state = 'frozen' THEN 'frozen'
        WHEN coupon.state = 'locked' AND coupon.lock_until > :at THEN 'locked'
        WHEN coupon.valid_until <= :at THEN 'expired'
        WHEN {_VALID_FROM} > :at THEN 'upcoming'
        ELSE 'usable'
    END
"""
# Of batches that are not decided nobody holds anything, whatever their files say.
FROM_HELD = """
    FROM {schema}.coupons_coupon AS coupon
    JOIN {schema}.coupons_batch AS batch ON batch.id = coupon.batch_id
    LEFT JOIN {schema}.coupons_templateterms AS terms
        ON terms.template_id = coupon.template_id AND terms.version = coupon.terms_version
    LEFT JOIN {schema}.operators_branch AS own ON own.id = coupon.branch_id
    WHERE coupon.customer_number = :number AND coupon.customer_number <> ''
        AND coupon.state <> 'stocked' AND batch.state IN ('live', 'frozen', 'recalled')
"""


class Held(NamedTuple):
    row: Row
    state: str


def held(columns: Sequence[Any]) -> Held:
    """From the values of ``COLUMNS``, then ``EFFECTIVE``."""
    return Held(Row(*columns[:-1]), columns[-1])


def document_of(each: Held) -> dict[str, Any]:
    """For the holder, without the code."""
    row = each.row
    return row.document(
        state=each.state,
        lock_until=row.lock_until if each.state == WalletState.LOCKED else None,
        claimed_at=moment(row.claimed_at),
        redeemed_at=moment(row.redeemed_at),
        branch=row.branch_name,
        **conditions_of(row.terms),
    )


def conditions_of(terms: Terms) -> dict[str, Any]:
    return {
        "rate_bp": terms.rate_bp,
        "threshold_cents": terms.threshold_cents,
        "scenes": sorted(terms.scenes),
        "stacking_group": terms.stacking_group,
        "used_at": terms.redeemed_at,
    }
