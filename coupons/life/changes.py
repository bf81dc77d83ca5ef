"""The one update of a coupon that has been locked, and what goes with it."""

from __future__ import annotations

from typing import Any

from coupons.life.rows import Row
from tenants.statements import fetch

_CHANGE = """
    UPDATE {schema}.coupons_coupon
    SET state = :state, lock_until = :lock_until, reference = :reference,
        order_cents = :order_cents, counted_at = :counted_at, redeemed_at = :redeemed_at,
        redeemed_cents = :redeemed_cents
    WHERE id = :id AND state = :known_state AND redeemed_cents = :known_redeemed
    RETURNING 1
"""
_NAMES = (
    "state", "lock_until", "reference", "order_cents", "counted_at", "redeemed_at",
    "redeemed_cents",
)  # fmt: skip


def change(row: Row, **changes: Any) -> None:
    """Conditional on what was read, although the row is locked: never twice."""
    values = {name: getattr(row, name) for name in _NAMES} | changes
    known = {"id": row.id, "known_state": row.state, "known_redeemed": row.redeemed_cents}
    values = {name: str(value) if name == "state" else value for name, value in values.items()}
    if not fetch(_CHANGE, {**values, **known}):
        raise RuntimeError(f"coupon {row.id} changed under its lock")


def emptied() -> dict[str, Any]:
    """The columns of a coupon that is bound to no payment."""
    return {
        "lock_until": None, "reference": "", "order_cents": None, "counted_at": None,
        "redeemed_at": None, "redeemed_cents": 0,
    }  # fmt: skip
