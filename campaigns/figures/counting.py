"""Figures of a day, added to where they happen: one row, one statement, locked last."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from campaigns.taking.books import figure_key, figure_row
from campaigns.taking.rows import as_text
from campaigns.taking.statements import INSERT_FIGURES
from campaigns.taking.waking import wake_up
from customers.weeks import SHANGHAI
from tenants.statements import fetch

if TYPE_CHECKING:
    from coupons.life.announcing import Change

_ADD = f"WITH figure AS ({INSERT_FIGURES}) SELECT 1"
# It was used when its event was reversed, and stayed; now it is unused again.
_TAKE_BACK = """
    UPDATE {schema}.campaigns_effect
    SET state = 'returning', due_at = :at, attempts = attempts + 1, problem = ''
    WHERE coupon_id = :coupon_id AND state = 'kept' RETURNING 1
"""
_CAMPAIGN_OF = """
    SELECT effect.campaign_id, part.branch_path
    FROM {schema}.campaigns_effect AS effect
    JOIN {schema}.campaigns_participation AS part ON part.id = effect.participation_id
    WHERE effect.coupon_id = :coupon_id
    LIMIT 1
"""


def count_visit(*, campaign_id: int, branch_path: str, at: datetime) -> None:
    """A customer opened the campaign's page."""
    _add(campaign_id, branch_path, at, visits=1)


def coupon_changed(change: Change) -> None:
    """A coupon was redeemed or reversed: if a campaign gave it, that is the campaign's."""
    found = fetch(_CAMPAIGN_OF, {"coupon_id": change.row.id})
    if not found:
        return
    campaign_id, branch_path = found[0]
    row, cents = change.row, change.cents
    if change.what == "redeemed":
        shares, number = row.terms.split(cents), 1
    else:
        # So that the shares of all rows together are those of what is left, to the cent.
        old, left = row.terms.split(row.redeemed_cents), row.redeemed_cents - cents
        new = row.terms.split(left)
        shares = (new[0] - old[0], new[1] - old[1], new[2] - old[2])
        cents, number = -cents, 0 if left else -1
        if not left and fetch(_TAKE_BACK, {"coupon_id": row.id, "at": change.question.at}):
            wake_up()
    _add(
        campaign_id, branch_path, change.question.at, redemptions=number, redeemed_cents=cents,
        province_cents=shares[0], bank_cents=shares[1], merchant_cents=shares[2],
    )  # fmt: skip


def _add(campaign_id: int, branch_path: str, at: datetime, **numbers: int) -> None:
    day = at.astimezone(SHANGHAI).date()
    key = figure_key(campaign_id, day, branch_path)
    row: dict[str, Any] = {**figure_row(key, campaign_id, day, branch_path), **numbers}
    fetch(_ADD, {"figures": as_text([row])})
