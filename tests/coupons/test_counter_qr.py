from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from coupons import errors
from coupons.counter import qr
from coupons.models import Coupon
from tests.coupons.counters import gift_template, held_coupon
from tests.mobile.phones import Phone, key_set

API = "/api/channel/v1/coupons"


@pytest.fixture(autouse=True)
def _identity(settings: Any) -> None:
    settings.CHANNEL_JWT_KEYS = key_set()


def test_a_token_says_which_coupon_until_it_is_too_old(bank: Any) -> None:
    coupon, at = held_coupon(), datetime(2026, 7, 1, 8, 0, 30, tzinfo=UTC)
    token = qr.token_for(coupon, at)

    assert token.expires_at == datetime(2026, 7, 1, 8, 6, tzinfo=UTC)
    assert re.fullmatch(r"FXQ:[A-Z2-7]+", token.text)
    assert qr.coupon_of(token.text, at).pk == coupon.pk
    assert qr.coupon_of(token.text.lower(), at).pk == coupon.pk
    assert qr.coupon_of(token.text, token.expires_at - timedelta(seconds=1)).pk == coupon.pk
    with pytest.raises(errors.QrExpired):
        qr.coupon_of(token.text, token.expires_at)


def test_no_other_token_opens(bank: Any, beta: Any) -> None:
    coupon, now = held_coupon(), timezone.now()
    text = qr.token_for(coupon, now).text
    swapped = [
        text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        for place in range(len(qr.PREFIX), len(text) - 1)
    ]
    nonsense = ["FXQ:", "FXQ:AAAA", "FXQ:0189", f"{text}AAAAAAAA", "FXQ:" + "7" * 47, "FXQ:长城"]
    for wrong in [*swapped, *nonsense]:
        with pytest.raises(errors.UnknownCoupon):
            qr.coupon_of(wrong, now)
    Coupon.objects.filter(pk=coupon.pk).update(customer_number="C2")
    with pytest.raises(errors.UnknownCoupon):
        qr.coupon_of(text, now)
    Coupon.objects.filter(pk=coupon.pk).update(customer_number="C1")
    assert qr.coupon_of(text, now)


def test_a_token_of_one_bank_is_nothing_at_another(bank: Any, beta: Any) -> None:
    coupon, now = held_coupon(), timezone.now()
    text = qr.token_for(coupon, now).text
    with tenant_context(beta):
        twin = held_coupon()
        Coupon.objects.filter(pk=twin.pk).update(id=coupon.pk)
        with pytest.raises(errors.UnknownCoupon):
            qr.coupon_of(text, now)


def test_the_app_fetches_a_code_for_the_customer_s_own_coupon(bank: Any) -> None:
    coupon = held_coupon()
    answer = Phone().get(f"{API}/{coupon.pk}/qr")

    assert answer.status_code == 200
    document = answer.json()
    assert qr.coupon_of(document["token"], timezone.now()).pk == coupon.pk
    assert document["svg"].startswith("<svg")
    assert datetime.fromisoformat(document["expires_at"]) > timezone.now()
    assert "no-store" in answer["Cache-Control"]
    assert b"RICE-0001" not in answer.content


def test_nobody_fetches_another_s_and_none_for_what_no_counter_takes(bank: Any) -> None:
    coupon = held_coupon()
    online = held_coupon(gift_template(redeemed_at="online"), "WEB-1")

    assert Phone(number="C2").get(f"{API}/{coupon.pk}/qr").status_code == 404
    assert Phone(number=None).get(f"{API}/{coupon.pk}/qr").status_code == 403
    assert Phone().get(f"{API}/{2**70}/qr").status_code == 404
    assert Phone().get(f"{API}/{online.pk}/qr").json()["code"] == "wrong_channel"
    Coupon.objects.filter(pk=coupon.pk).update(state="voided")
    assert Phone().get(f"{API}/{coupon.pk}/qr").json()["code"] == "voided"
