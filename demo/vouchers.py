"""The demo's coupons: five templates in every bank; in the large ones a few coupons of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from coupons.choices import Channel, CouponKind, RedeemedAt, Scene, Validity
from coupons.life import actors
from coupons.models import CouponTemplate
from coupons.services import claim_coupon, redeem_coupon
from coupons.stock.generating import generate_batch, load_generated
from coupons.stock.reviews import submit_batch
from coupons.terms.content import TemplateContent
from coupons.terms.services import create_template
from customers.models import Customer
from demo import approving
from demo.notices import LARGE_BANKS
from publishing.choices import Stage

if TYPE_CHECKING:
    from demo.approving import Pen
    from demo.province import BankRow

DAY = timedelta(days=1)
YUAN = 100
# Templates are published, and the first batches approved, so long before the moment of loading.
BEGUN, BATCHES = -12 * DAY, -11 * DAY
SCENES = {
    "TOPUP50-5": Scene.TOP_UP.value,
    "VOUCHER-ANY": Scene.BILLS.value,
    "LOAN-RATE": Scene.LOAN.value,
}


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
        starts_at=pen.at + BEGUN,
        # A coupon that counts from its claim is given for half a year.
        ends_at=pen.at + (180 if valid is None else valid - 30) * DAY,
        face_min_cents=least,
        face_max_cents=most,
        validity=Validity.AFTER_CLAIM if by_days else Validity.FIXED,
        valid_until=None if valid is None else _midnight(pen.at + valid * DAY),
        **given,
    )


def _midnight(at: datetime) -> datetime:
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0) + DAY


# --- coupons for lists and charts -----------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Pool:
    """A generated batch, and what customers have done with it since."""

    code: str
    count: int
    claimed: int
    redeemed: int
    face_cents: int | None = None
    # Of each payment; None = used up without one.
    order_cents: int | None = None
    group: str = ""
    digits_only: bool = False


POOLS = (
    Pool("TOPUP50-5", 60, 14, 6, order_cents=5000, digits_only=True),
    Pool("VOUCHER-ANY", 40, 10, 5, face_cents=2000, order_cents=6800),
    Pool("GIFT-RICE", 24, 8, 3),
    Pool("LOAN-RATE", 20, 5, 1, order_cents=5_000_000, group="loan"),
    Pool("VIP-LOUNGE", 12, 4, 1, group="wealth"),
)


def stock_pools(row: BankRow, pen: Pen) -> None:
    """In the current bank, outside of any transaction: coupons are loaded through a connection of
    their own, which sees only what is committed. Safe to repeat."""
    if row.number > LARGE_BANKS or connection.in_atomic_block:
        return
    for number, pool in enumerate(POOLS):
        template = CouponTemplate.objects.filter(code=pool.code, batches=None).first()
        if template is not None:
            _stock(pool, template, pen)
            _use(pool, pen, first=number * 15)


def _stock(pool: Pool, template: CouponTemplate, pen: Pen) -> None:
    at = pen.at + BATCHES
    batch = generate_batch(
        actor=pen.maker, template=template, count=pool.count,
        face_cents=pool.face_cents, length=18, digits_only=pool.digits_only, at=at,
    )  # fmt: skip
    load_generated(batch_id=batch.pk, at=at)
    request = submit_batch(actor=pen.maker, batch_id=batch.pk, note="演示批次", at=at)
    approving.approve(request, pen.checker, at=at + timedelta(minutes=20))


def _use(pool: Pool, pen: Pen, *, first: int) -> None:
    """One coupon a customer, spread over the days since the batch was approved."""
    known = Customer.objects.order_by("number")
    if pool.group:
        known = known.filter(groups__contains=[pool.group])
    customers = list(known.values_list("number", flat=True)[first : first + pool.claimed])
    for place, number in enumerate(customers):
        at = pen.at + BATCHES + DAY + (place * 9 * DAY) / pool.claimed
        claimed = claim_coupon(
            actor=actors.customer(number), customer_number=number, template_code=pool.code,
            key=f"demo-claim-{place}", at=at,
        )  # fmt: skip
        if place < pool.redeemed:
            _redeem(pool, pen, claimed.body["id"], number, at + timedelta(hours=5))


def _redeem(pool: Pool, pen: Pen, coupon_id: int, number: str, at: datetime) -> None:
    if pool.code == "GIFT-RICE" and pen.branch_writer is not None:
        redeem_coupon(
            actor=actors.operator(pen.branch_writer, Channel.COUNTER), coupon_id=coupon_id,
            branch=pen.branch, reference="新开储蓄卡", manager="演示客户经理",
            key=f"demo-redeem-{coupon_id}", at=at,
        )  # fmt: skip
        return
    redeem_coupon(
        actor=actors.customer(number), coupon_id=coupon_id, customer_number=number,
        order_cents=pool.order_cents, scene=SCENES.get(pool.code, ""),
        reference=f"YS{coupon_id:010d}", key=f"demo-redeem-{coupon_id}", at=at,
    )  # fmt: skip
