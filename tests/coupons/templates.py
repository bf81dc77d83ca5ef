"""What makers type into the form of a coupon template."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from coupons.choices import CouponKind
from coupons.terms.content import TemplateContent


def midnight(days: int) -> datetime:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days)


def content(**fields: Any) -> TemplateContent:
    now = timezone.now()
    usual = TemplateContent(
        title="Five off fifty", code="SAVE-5", kind=CouponKind.SPEND_AND_SAVE,
        starts_at=now - timedelta(minutes=1), ends_at=now + timedelta(days=30),
        face_min_cents=500, face_max_cents=500, threshold_cents=5000, valid_until=midnight(61),
        stock_limit=1000, budget_cents=500_000, bearers={"province": 3000, "bank": 7000},
        rules="One coupon for each payment.",
    )  # fmt: skip
    return replace(usual, **fields)


def typed(**fields: str | list[str]) -> dict[str, Any]:
    """As the browser sends it; in Shanghai's time."""
    start = timezone.localtime() + timedelta(hours=1)
    usual: dict[str, Any] = {
        "title": "充值满50减5", "code": "topup-a", "kind": "spend_and_save", "opened_version": "1",
        "face_min_cents": "５", "face_max_cents": "", "discount": "", "interest": "",
        "threshold_cents": "￥50", "starts_at": start.strftime("%Y-%m-%dT%H:%M"), "ends_at": "",
        "is_claimable": "on", "branch": "", "validity": "fixed", "valid_from": "",
        "valid_until": midnight(60).strftime("%Y-%m-%d"), "days_after_claim": "",
        "redeemed_at": "online", "scenes": ["top_up"], "scenes-merchants": "", "stacking_group": "",
        "lock_minutes": "15", "stock_limit": "10,000", "budget_cents": "50,000元",
        "limits-0-action": "claim", "limits-0-per": "customer", "limits-0-period": "month",
        "limits-0-measure": "count", "limits-0-number": "1", "bearers-province": "30",
        "bearers-bank": "70%", "bearers-merchant": "", "bearers-merchant_name": "",
        "code_pattern": "[0-9]{16,20}", "pattern_sample": "", "rules": "每人每月限领一张。",
    }  # fmt: skip
    return {**usual, **fields}
