"""A coupon as channels see it: never its code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from coupons.terms.reading import SHANGHAI, Terms


def coupon_document(
    terms: Terms,
    *,
    coupon_id: int,
    state: str,
    face_cents: int,
    valid_from: datetime | None,
    valid_until: datetime,
    lock_until: datetime | None = None,
    reference: str = "",
    redeemed_cents: int = 0,
    **more: Any,
) -> dict[str, Any]:
    """Plain JSON; times in Shanghai's zone, amounts in cents."""
    return {
        "id": coupon_id,
        "template": terms.code,
        "name": terms.title,
        "kind": terms.kind,
        "state": state,
        "face_cents": face_cents,
        "valid_from": moment(valid_from),
        "valid_until": moment(valid_until),
        "lock_until": moment(lock_until),
        "reference": reference,
        "redeemed_cents": redeemed_cents,
        **more,
    }


def moment(value: datetime | None) -> str | None:
    return value.astimezone(SHANGHAI).isoformat(timespec="seconds") if value is not None else None
