"""The demo's coupon templates: the same five in every bank, worded for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from coupons.choices import CouponKind, RedeemedAt, Scene, Validity
from coupons.terms.content import TemplateContent
from coupons.terms.services import create_template
from demo import approving
from publishing.choices import Stage

if TYPE_CHECKING:
    from coupons.models import CouponTemplate
    from demo.approving import Pen

DAY = timedelta(days=1)
YUAN = 100


def _limit(action: str, number: int, period: str, per: str, measure: str = "count") -> Any:
    return {"action": action, "measure": measure, "period": period, "per": per, "limit": number}


def _shares(province: int, bank: int, merchant: int = 0, name: str = "") -> dict[str, Any]:
    return {"province": province, "bank": bank, "merchant": merchant, "merchant_name": name}


# Days are counted from the day of loading. An entry without an end runs until it is taken down.
TEMPLATES: tuple[Mapping[str, Any], ...] = (
    {
        "code": "TOPUP50-5",
        "title": "话费充值满50减5券",
        "kind": CouponKind.THIRD_PARTY,
        "face": (500, 500),
        "threshold_cents": 50 * YUAN,
        "scenes": [Scene.TOP_UP.value],
        "valid": 120,
        "stock_limit": 3_000_000,
        "budget_cents": 15_000_000 * YUAN,
        "limits": [
            _limit("claim", 1, "day", "customer"),
            _limit("claim", 2, "month", "customer"),
            _limit("redeem", 2, "month", "customer"),
        ],
        "stacking_group": "topup",
        "bearers": _shares(3000, 5000, 2000, "话费充值服务商（演示）"),
        "code_pattern": "[0-9]{16,20}",
        "rules": (
            "单笔话费充值满50元可用，抵扣5元。\n每人每天限领1张，每月限领2张。\n"
            "充值失败的，券退回卡包，在有效期内可再次使用。"
        ),
    },
    {
        "code": "VOUCHER-ANY",
        "title": "{short}福利代金券",
        "kind": CouponKind.SPEND_AND_SAVE,
        "face": (100, 200_000),
        "scenes": [Scene.BILLS.value, Scene.MERCHANTS.value],
        "valid": 180,
        "stock_limit": 2_000_000,
        "budget_cents": 50_000_000 * YUAN,
        "limits": [_limit("claim", 5, "month", "customer")],
        "bearers": _shares(0, 10_000),
        "redeemed_at": RedeemedAt.ANYWHERE,
        "rules": "生活缴费及特惠商户消费可用，面额以券面为准。\n不找零、不兑现，不与其他优惠同享。",
    },
    {
        "code": "GIFT-RICE",
        "title": "五常大米礼品券（5公斤）",
        "kind": CouponKind.GIFT,
        "face": (3990, 3990),
        "days_after_claim": 30,
        "stock_limit": 50_000,
        "budget_cents": 2_000_000 * YUAN,
        "limits": [
            _limit("claim", 1, "lifetime", "customer"),
            _limit("redeem", 200, "day", "branch"),
        ],
        "bearers": _shares(0, 10_000),
        "redeemed_at": RedeemedAt.COUNTER,
        "rules": (
            "凭券到{short}任一网点，办理指定业务后兑换大米一袋。\n"
            "领取后30天内有效，数量有限，兑完即止。\n网点营业时间以门前公示为准。"
        ),
    },
    {
        "code": "LOAN-RATE",
        "title": "贷款利率优惠券",
        "kind": CouponKind.INTEREST,
        "face": (80 * YUAN, 80 * YUAN),
        "rate_bp": 30,
        "threshold_cents": 10_000 * YUAN,
        "scenes": [Scene.LOAN.value],
        "days_after_claim": 60,
        "stock_limit": 20_000,
        "budget_cents": 1_600_000 * YUAN,
        "limits": [_limit("claim", 1, "month", "customer")],
        "bearers": _shares(0, 10_000),
        "audience": {"all": [{"field": "groups", "op": "any", "values": ["loan", "wealth"]}]},
        "rules": (
            "单笔借款1万元及以上可用，年利率优惠0.3个百分点。\n"
            "每笔借款限用1张，以审批结果为准。"
        ),
    },
    {
        "code": "VIP-LOUNGE",
        "title": "机场贵宾厅服务券",
        "kind": CouponKind.SERVICE,
        "face": (12_000, 12_000),
        "days_after_claim": 90,
        "stock_limit": 10_000,
        "budget_cents": 1_200_000 * YUAN,
        "limits": [
            _limit("claim", 2, "lifetime", "customer"),
            _limit("redeem", 1, "day", "customer"),
        ],
        "bearers": _shares(4000, 4000, 2000, "机场贵宾服务商（演示）"),
        "audience": {"all": [{"field": "groups", "op": "any", "values": ["wealth"]}]},
        "redeemed_at": RedeemedAt.ANYWHERE,
        "rules": "出示券码可在合作机场贵宾厅休息1次，限本人使用。\n合作机场名单以页面公示为准。",
    },
)  # fmt: skip


def publish_templates(pen: Pen) -> list[CouponTemplate]:
    """By the same verbs as the consoles."""
    made = []
    for words in TEMPLATES:
        draft = create_template(actor=pen.maker, content=_content(words, pen))
        approving.take_to(Stage.LIVE, draft, pen)
        made.append(draft)
    return made


def _content(words: Mapping[str, Any], pen: Pen) -> TemplateContent:
    given = dict(words)
    (least, most), valid = given.pop("face"), given.pop("valid", None)
    for name in ("title", "rules"):
        given[name] = given[name].format_map(pen.names)
    by_days = "days_after_claim" in given
    return TemplateContent(
        starts_at=pen.at - DAY,
        ends_at=None if valid is None else pen.at + (valid - 30) * DAY,
        face_min_cents=least,
        face_max_cents=most,
        validity=Validity.AFTER_CLAIM if by_days else Validity.FIXED,
        valid_until=None if valid is None else _midnight(pen.at + valid * DAY),
        **given,
    )


def _midnight(at: datetime) -> datetime:
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
