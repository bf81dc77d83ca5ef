"""Banks with opened types, and what makers say of products."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django_tenants.utils import tenant_context

from fuxiang_zone.catalogue.models import Activation, ProductType, RateCap
from fuxiang_zone.models import ZoneProduct
from fuxiang_zone.products import services
from fuxiang_zone.products.content import ProductContent, content_of
from operators.models import Operator
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator, publish

WAN = 10_000_00
RATES = [
    {"term": 1, "unit": "year", "from_cents": 20 * WAN, "to_cents": 50 * WAN, "rate": "1.90"},
    {"term": 1, "unit": "year", "from_cents": 50 * WAN, "to_cents": None, "rate": "1.95"},
    {"term": 3, "unit": "year", "from_cents": 20 * WAN, "to_cents": None, "rate": "2.15"},
]  # fmt: skip


def open_types(bank: Any, *codes: str) -> None:
    with tenant_context(PLATFORM):
        for product_type in ProductType.objects.filter(code__in=codes):
            Activation.objects.get_or_create(
                bank=bank, product_type=product_type, defaults={"activated_at": timezone.now()}
            )


def close_types(bank: Any) -> None:
    with tenant_context(PLATFORM):
        Activation.objects.filter(bank=bank).delete()


def set_cap(
    rate: str, term: int = 3, unit: str = "year", code: str = "large_cd", **on: Any
) -> None:
    with tenant_context(PLATFORM):
        RateCap.objects.create(
            product_type=ProductType.objects.get(code=code), term=term, unit=unit,
            rate=Decimal(rate), from_date=on.get("from_date", date(2026, 1, 1)),
        )  # fmt: skip


def people() -> tuple[Operator, Operator]:
    found = {each.username: each for each in Operator.objects.filter(username__startswith="zp-")}
    if not found:
        return make_operator("zp-maker", "maker"), make_operator("zp-checker", "checker")
    return found["zp-maker"], found["zp-checker"]


def large_cd(**fields: Any) -> ProductContent:
    now = timezone.now()
    usual = ProductContent(
        title="大额存单2026年第3期", type_code="large_cd", starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(days=60), summary="三年期2.15%，20万元起",
        values={
            "issue": "2026年第3期", "least_amount": 20 * WAN, "step": WAN,
            "interest_paid": "maturity", "early": True, "transferable": True,
        },
        rates=RATES, quota=300, unit_cents=20 * WAN, most_per_customer=5,
        disclosures={
            "deposit_insurance": "本存款受存款保险保护。",
            "early_withdrawal": "提前支取按支取日活期利率计息。",
        },
        rules="先到先得，额度售完即止。",
    )  # fmt: skip
    return replace(usual, **fields)


def wealth(**fields: Any) -> ProductContent:
    now = timezone.now()
    usual = ProductContent(
        title="福祥安盈一号", type_code="wealth", starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(days=60), risk_level=2, quota=1000, unit_cents=WAN,
        values={
            "registration": "Z7000826000001", "issuer": "演示理财有限公司", "operation": "closed",
            "benchmark": "2.60", "days": 180, "least_amount": WAN,
        },
        disclosures={"risk": "理财非存款、产品有风险。", "suitability": "适合稳健型及以上客户。"},
        rules="净值型产品，不保本。",
    )  # fmt: skip
    return replace(usual, **fields)


def created(content: ProductContent | None = None) -> ZoneProduct:
    return services.create_product(actor=people()[0], content=content or large_cd())


def edited(draft: ZoneProduct, **fields: Any) -> ZoneProduct:
    draft.refresh_from_db()
    return services.edit_product(
        actor=people()[0], draft_id=draft.pk, version=draft.version,
        content=replace(content_of(draft), **fields),
    )  # fmt: skip


def published(content: ProductContent | None = None) -> ZoneProduct:
    draft = created(content)
    publish(*people(), draft)
    return draft
