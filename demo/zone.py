"""The demo's products of the Fuxiang zone: one for each type that a bank has opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from demo import approving, events
from demo.province import BankRow, chance
from fuxiang_zone.catalogue.choices import FieldType
from fuxiang_zone.catalogue.directory import TypeInfo
from fuxiang_zone.catalogue.fields import Field
from fuxiang_zone.models import ZoneProduct
from fuxiang_zone.products.content import ProductContent
from fuxiang_zone.products.offered import types_offered
from fuxiang_zone.products.services import create_product
from operators.models import Operator
from publishing import services as publishing
from tenants.models import Bank

DAY = timedelta(days=1)
YUAN = 100
WAN = 10_000 * YUAN
RUNS = 180 * DAY
WRITERS = ("maker", "checker")
CALL = "0731-96518"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a type's product says in every bank; the rest follows from the type's schema."""

    title: str
    summary: str
    rules: str
    values: Mapping[str, Any] = field(default_factory=dict)
    # (term, unit, from yuan, to yuan or None, rate)
    rates: Sequence[tuple[int, str, int, int | None, str]] = ()
    risk_level: int | None = None
    quota: int | None = None
    unit_cents: int = 0
    most_per_customer: int | None = None


OFFERS: Mapping[str, Offer] = {
    "provident_fund_query": Offer(
        "公积金余额与明细查询", "授权后即可查询缴存余额、明细和贷款进度",
        "仅限本人查询。\n数据以住房公积金管理中心为准。",
        {"centre": "住房公积金管理中心（演示）", "hours": "每日 8:00–22:00"},
    ),
    "smart_mortgage": Offer(
        "福祥房抵贷", "自有房产抵押，线上预约、线下面签", "授信额度和利率以审批结果为准。",
        {"credit": {"least": 10 * WAN, "most": 300 * WAN}, "months": {"least": 12, "most": 120},
         "rate": "3.85", "most_of_value": "70",
         "conditions": "年满22周岁，房产位于本县（市），征信良好，有稳定收入。"},
        quota=500, most_per_customer=1,
    ),
    "wechat_subsidy": Offer(
        "微信绑卡支付补贴", "绑定福祥卡，微信支付满20元立减2元",
        "每人每月限享5次，名额用完即止。\n退款时补贴一并退回。",
        {"subsidy": 2 * YUAN, "threshold": 20 * YUAN, "times": 5,
         "merchants": "支持微信支付的商户"},
    ),
    "smart_campus": Offer(
        "{short}智慧校园", "学费、住宿费、餐费，手机上一次缴清",
        "缴费项目和标准由学校公示，银行只代收。\n退费由学校审核后原路退回。", {"refund_days": 5},
    ),
    "campus_card": Offer(
        "校园一卡通充值", "家长代充，到账即可刷卡", "充值金额仅限校内消费。",
        {"amounts": [50 * YUAN, 100 * YUAN, 200 * YUAN, 500 * YUAN], "most_balance": 1000 * YUAN,
         "day_limit": 500 * YUAN},
    ),
    "activation_gift": Offer(
        "新客激活有礼", "激活手机银行，领20元话费券", "每位新客户限领一次，名额用完即止。",
        {"gift": "20元话费券", "worth": 20 * YUAN, "days": 30},
    ),
    "device_purchase": Offer(
        "福祥惠民购机", "分期购机，门店自提", "分期额度以审批结果为准，数量有限，约满即止。",
        {"model": "5G智能手机（演示机型）", "price": 1999 * YUAN, "subsidy": 200 * YUAN,
         "rate": "0", "operator": "通信合作方（演示）"},
        quota=200, most_per_customer=1,
    ),
    "large_cd": Offer(
        "大额存单{year}年第3期", "三年期年利率最高1.90%，20万元起存",
        "额度有限，售完即止。\n预约成功后请在保留时间内完成存入。",
        {"issue": "{year}年第3期", "least_amount": 20 * WAN, "step": WAN},
        rates=(
            (1, "year", 200_000, 500_000, "1.40"), (1, "year", 500_000, None, "1.45"),
            (2, "year", 200_000, 500_000, "1.45"), (2, "year", 500_000, None, "1.50"),
            (3, "year", 200_000, 500_000, "1.85"), (3, "year", 500_000, None, "1.90"),
        ),
        quota=300, unit_cents=20 * WAN, most_per_customer=5,
    ),
    "smart_deposit": Offer(
        "福祥智能存款", "按存期和余额分档计息", "提前支取部分按支取日挂牌活期利率计息。",
        {"least_amount": 50 * YUAN, "step": YUAN, "highlights": "50元起存，到期可自动转存。"},
        rates=(
            (3, "month", 50, None, "0.85"), (6, "month", 50, None, "1.05"),
            (1, "year", 50, 50_000, "1.25"), (1, "year", 50_000, None, "1.30"),
            (3, "year", 50, 50_000, "1.65"), (3, "year", 50_000, None, "1.75"),
        ),
    ),
    "wealth": Offer(
        "福祥安盈180天（演示）", "固定收益类，R2中低风险，1万元起购",
        "净值型产品，业绩比较基准不代表未来表现。\n适合风险承受能力C2及以上客户。",
        {"registration": "Z7000826000001", "issuer": "理财子公司（演示）", "benchmark": "2.60",
         "days": 180, "least_amount": WAN, "step": 1000 * YUAN, "management_fee": "0.20"},
        risk_level=2, quota=5000, unit_cents=WAN, most_per_customer=100,
    ),
    "insurance": Offer(
        "福祥安心意外险（演示）", "综合意外保障，每年100元起", "保险责任以保险条款为准。",
        {"insurer": "保险公司（演示）", "cover": {"least": 5 * WAN, "most": 50 * WAN},
         "premium": 100 * YUAN, "ages": {"least": 18, "most": 65}, "period": "1年",
         "hesitation": 15},
    ),
    "ecny_red_packet": Offer(
        "数字人民币红包", "开通钱包领10元红包", "每人限领一次，名额用完即止。",
        {"amount": 10 * YUAN, "threshold": 20 * YUAN, "valid_days": 15,
         "merchants": "支持数字人民币的商户"},
        quota=1000, unit_cents=10 * YUAN, most_per_customer=1,
    ),
}  # fmt: skip

DISCLOSURES: Mapping[str, str] = {
    "deposit_insurance": (
        "本存款依照《存款保险条例》受保护，同一存款人最高偿付限额为人民币50万元。"
    ),
    "early_withdrawal": "提前支取的部分按支取日挂牌活期存款利率计息，其余部分不受影响。",
    "credit_notice": "请根据自身还款能力合理借贷；逾期将影响个人征信。资金不得用于购房首付和投资。",
    "fees": "除利息外银行不收取其他费用，评估费由银行承担。",
    "risk": "理财非存款，产品有风险，投资须谨慎。市场利率变动时，本金可能受到损失。",
    "suitability": "本产品风险等级为R2，适合风险承受能力为C2及以上的客户。",
    "agency": "本产品由保险公司发行与管理，银行仅为代理销售机构。保险非存款。",
    "duty": "请如实告知健康状况，留意责任免除条款；犹豫期后退保可能有损失。",
    "authorisation": "查询须经本人授权，授权当次有效。数据由住房公积金管理中心提供。",
    "activity_rules": f"活动对象为本行客户，名额有限，领完即止。咨询电话 {CALL}。",
    "fee_source": "收费项目和标准由学校按规定公示，银行只提供代收服务。",
    "minors": "学生信息仅用于缴费，须由监护人同意后使用。",
    "refund": "毕业或退学时，卡内余额由学校核对后原路退回。",
}


def fill_bank(row: BankRow, at: datetime) -> int:
    """Once the bank has opened its types; safe to repeat. Returns how many were published."""
    bank = Bank.objects.filter(slug=row.slug).first()
    if bank is None:
        return 0
    with tenant_context(bank), transaction.atomic():
        # A bank of that name that people work in is not the demo's to fill.
        if not AuditEvent.objects.filter(event=events.BANK_FILLED).exists():
            return 0
        staff = {each.username: each for each in Operator.objects.filter(username__in=WRITERS)}
        made = set(ZoneProduct.objects.values_list("type_code", flat=True))
        wanted = [info for info in types_offered() if info.code in OFFERS and info.code not in made]
        for info in wanted:
            _publish(content_of(info, row, at), staff["maker"], staff["checker"], at)
        return len(wanted)


def _publish(content: ProductContent, maker: Operator, checker: Operator, at: datetime) -> None:
    """By the same verbs as the consoles."""
    draft = create_product(actor=maker, content=content)
    request = publishing.submit_for_review(actor=maker, draft=draft, at=at)
    approving.approve(request, checker, at=at)


def content_of(info: TypeInfo, row: BankRow, at: datetime) -> ProductContent:
    offer = OFFERS[info.code]
    words = {"short": row.short_name, "bank": row.name, "year": at.year}
    said = {
        key: value.format_map(words) if isinstance(value, str) else value
        for key, value in offer.values.items()
    }
    values = {each.key: said.get(each.key, _usual(each)) for each in info.fields}
    return ProductContent(
        title=offer.title.format_map(words), type_code=info.code, summary=offer.summary,
        starts_at=at - DAY, ends_at=at + RUNS,
        values={key: value for key, value in values.items() if value is not None},
        rates=[
            {"term": term, "unit": unit, "from_cents": least * YUAN,
             "to_cents": None if most is None else most * YUAN, "rate": rate}
            for term, unit, least, most, rate in offer.rates
        ],
        risk_level=offer.risk_level, quota=_quota(offer, row), unit_cents=offer.unit_cents,
        most_per_customer=offer.most_per_customer,
        disclosures={
            each.code: DISCLOSURES[each.code]
            for each in info.disclosures if each.code in DISCLOSURES
        },
        rules=offer.rules,
    )  # fmt: skip


def _quota(offer: Offer, row: BankRow) -> int | None:
    """Larger in some banks."""
    return offer.quota and offer.quota * (1 + chance(f"{row.slug}/{offer.title}", 3))


def _usual(field: Field) -> Any:
    """What the offer says nothing about: everything that can be chosen, the bank's telephone."""
    if field.type == FieldType.CHOICES:
        return [value for value, _label in field.options]
    if field.type == FieldType.CHOICE:
        return field.options[0][0]
    return {FieldType.PHONE: CALL, FieldType.BOOLEAN: True}.get(field.type)
