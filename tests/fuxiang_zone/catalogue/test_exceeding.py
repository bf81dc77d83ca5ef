"""What was published before a cap came, and pays more than it allows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils.translation import override
from django_tenants.utils import tenant_context

from fuxiang_zone.catalogue.exceeding import published_above_caps
from fuxiang_zone.catalogue.models import RateCap
from fuxiang_zone.models import ProductAccount, ProductTerms, ZoneProduct
from operators.choices import BankRole, PlatformRole
from tenants.models import Bank
from tests.consoles.visitor import Visitor
from tests.fuxiang_zone.catalogue.making import NOW, person, type_of

Enter = Callable[..., Visitor]
CAPS = "/admin/fuxiang_zone_catalogue/ratecap/"
ROWS = [
    {"term": 12, "unit": "month", "from_cents": 0, "to_cents": None, "rate": "2.40"},
    {"term": 3, "unit": "year", "from_cents": 0, "to_cents": None, "rate": "2.10"},
]


@pytest.fixture
def deposit(alpha: Bank) -> Bank:
    with tenant_context(alpha):
        owner = person(BankRole.MAKER)
        product = ZoneProduct.objects.create(
            title="开门红", type_code="large_cd", owner=owner, edited_by=owner, starts_at=NOW
        )
        ProductTerms.objects.create(
            product=product, version=1, terms={"title": "开门红", "rates": ROWS}, published_at=NOW
        )
        ProductAccount.objects.create(
            product=product, uid=product.uid, type_code="large_cd", live_version=1, changed_at=NOW
        )
    return alpha


def cap(rate: str, day: str = "2026-01-01") -> dict[str, Any]:
    kind = type_of("large_cd").pk
    return {"product_type": kind, "term": 1, "unit": "year", "rate": rate, "from_date": day}


def test_whoever_sets_a_cap_reads_which_published_products_are_above_it(
    deposit: Bank, enter: Enter
) -> None:
    visitor = enter(None, PlatformRole.OPERATOR)
    visitor.post(f"{CAPS}add/", cap("2.40"))
    assert published_above_caps(type_of("large_cd"), NOW) == []

    page = visitor.post(f"{CAPS}add/", cap("2.20", "2026-01-02"), follow=True)

    assert RateCap.objects.count() == 2
    with override("zh-hans"):
        (shown,) = published_above_caps(type_of("large_cd"), NOW)
    assert all(part in shown for part in ("Alpha Bank", "开门红", "2.40%", "2.20%"))
    assert "2.10%" not in shown
    assert shown in unescape(page.content.decode())


def test_what_is_over_or_withdrawn_is_above_no_cap(deposit: Bank, enter: Enter) -> None:
    enter(None, PlatformRole.OPERATOR).post(f"{CAPS}add/", cap("2.00"))
    (shown,) = published_above_caps(type_of("large_cd"), NOW)
    assert "2.40%" in shown  # by 0.40; three years are above by 0.10
    assert "2.10%" not in shown

    for change in ({"starts_at": NOW - timedelta(days=2), "ends_at": NOW}, {"live_version": None}):
        with tenant_context(deposit):
            ProductAccount.objects.update(**change)
        assert published_above_caps(type_of("large_cd"), NOW) == []
