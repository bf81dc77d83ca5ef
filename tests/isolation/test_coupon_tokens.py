"""The same customer number and the same template code at two banks: nothing crosses over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from coupons.life import pool
from coupons.models import Coupon, CouponNotice, LedgerEntry
from coupons.terms import reading
from customers.models import Customer
from tests.coupons.making import live_template, stock
from tests.isolation.conftest import MARKS
from tests.isolation.routes import addresses_of, routes_of
from tests.mobile.phones import Phone, key_set
from tests.mobile.wallets import act, held, post, system

NUMBER = "SHARED1"


@pytest.fixture(autouse=True)
def _identity(settings: Any) -> Iterator[None]:
    settings.CHANNEL_JWT_KEYS = key_set()
    yield
    pool.forget()
    reading.forget()


@pytest.fixture
def coupons(alpha: Any, beta: Any) -> dict[str, Coupon]:
    found = {}
    for place, bank in enumerate((alpha, beta)):
        mark = MARKS[bank.slug]
        with tenant_context(bank):
            Customer.objects.create(number=NUMBER)
            template = live_template("SAME", title=mark, rules=mark, kind="third_party")
            # So that an id of one bank is none of the other's.
            for _each in range(place * 3):
                held(template, "OTHER1")
            stock(template, 1)
            found[bank.slug] = held(template, NUMBER, code=f"{mark}-CODE-1")
            CouponNotice.objects.create(
                coupon=found[bank.slug], customer_number=NUMBER, kind="expiring",
                at=found[bank.slug].claimed_at,
            )  # fmt: skip
    return found


def addresses(coupons: dict[str, Coupon]) -> list[str]:
    routes = [route for route in routes_of("config.urls_bank") if "/coupon" in route]
    values = [str(coupon.pk) for coupon in coupons.values()] + ["SAME"]
    api = [route for route in routes if route.startswith("/api/channel/")]
    return sorted({address for route in api for address in addresses_of(route, values)})


def test_no_read_shows_another_bank_s_coupons(coupons: dict[str, Coupon]) -> None:
    walked = addresses(coupons)

    for phone in (Phone("alpha", NUMBER), system()):
        texts = [phone.get(f"{address}?amount=60").content.decode() for address in walked]
        assert [text for text in texts if MARKS["beta"] in text] == []
        assert any(MARKS["alpha"] in text for text in texts)


def test_no_change_reaches_another_bank_s_coupons(coupons: dict[str, Coupon], beta: Any) -> None:
    walked = [each for each in addresses(coupons) if each.count("/") > 5]
    bodies: list[dict[str, Any]] = [{}, {"amount_cents": 6000}, {"note": "x"}]

    for address in walked:
        for body in bodies:
            post(Phone("alpha", NUMBER), address, body)
            post(system(), address, {**body, "customer": NUMBER} if "note" not in body else body)

    with tenant_context(beta):
        assert LedgerEntry.objects.exclude(action="stock").count() == 0
        assert Coupon.objects.get(pk=coupons["beta"].pk).state == "claimed"
        assert Coupon.objects.filter(state="stocked").count() == 1


def test_a_coupon_s_id_of_another_bank_is_unknown(coupons: dict[str, Coupon]) -> None:
    foreign = coupons["beta"].pk + 100

    assert act(Phone("alpha", NUMBER), foreign, "redeem", amount_cents=6000).status_code == 404
