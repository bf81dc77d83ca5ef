"""What is published of a coupon template: the terms."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coupons.models import CouponTemplate


def render_payload(template: CouponTemplate) -> dict[str, Any]:
    return {
        "schema": 1,
        "code": template.code,
        "kind": template.kind,
        "face_min_cents": template.face_min_cents,
        "face_max_cents": template.face_max_cents,
        "rate_bp": template.rate_bp,
        "threshold_cents": template.threshold_cents,
        "scenes": list(template.scenes),
        "validity": template.validity,
        "valid_from": _moment(template.valid_from),
        "valid_until": _moment(template.valid_until),
        "days_after_claim": template.days_after_claim,
        "stock_limit": template.stock_limit,
        "budget_cents": template.budget_cents,
        "limits": list(template.limits),
        "stacking_group": template.stacking_group,
        "bearers": dict(template.bearers),
        "code_pattern": template.code_pattern,
        "redeemed_at": template.redeemed_at,
        "is_claimable": template.is_claimable,
        "lock_minutes": template.lock_minutes,
        "rules": template.rules,
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None
