from __future__ import annotations

from typing import Any

from coupons.models import Coupon, TemplateAccount
from tests.coupons.making import live_template, stock


def test_a_published_template_has_an_account_and_can_be_stocked(bank: Any) -> None:
    template = live_template("T-ONE")
    batch = stock(template, 3)

    account = TemplateAccount.objects.get(code="T-ONE")
    assert (account.live_version, account.held_count) == (1, 3)
    assert Coupon.objects.filter(batch=batch).count() == 3
