from __future__ import annotations

from typing import Any

from django.utils import timezone

from coupons.models import TemplateAccount
from coupons.terms.patterns import pattern_of
from coupons.terms.reading import Terms, terms_of
from demo.approving import Pen
from demo.vouchers import publish_templates
from tests.coupons.making import people


def published(bank: Any) -> dict[str, Terms]:
    names = {"bank": bank.name, "short": bank.short_name}
    made = publish_templates(Pen(*people(), timezone.now(), names))
    return {each.code: terms_of(bank.schema_name, each.pk, 1) for each in made}


def test_every_bank_has_the_five_templates_that_outsiders_rely_on(bank: Any) -> None:
    terms = published(bank)

    live = TemplateAccount.objects.filter(live_version=1).values_list("code", flat=True)
    assert set(live) == set(terms) == {
        "TOPUP50-5", "VOUCHER-ANY", "GIFT-RICE", "LOAN-RATE", "VIP-LOUNGE",
    }  # fmt: skip
    topup, voucher, gift = terms["TOPUP50-5"], terms["VOUCHER-ANY"], terms["GIFT-RICE"]
    assert (topup.kind, topup.face_min_cents, topup.face_max_cents) == ("third_party", 500, 500)
    assert pattern_of(topup.code_pattern).fullmatch("0" * 16)
    assert (voucher.code_pattern, voucher.face_min_cents, voucher.face_max_cents) == (
        "",
        100,
        200_000,
    )
    assert (gift.kind, gift.is_at_counter, gift.is_online) == ("gift", True, False)
    assert (terms["LOAN-RATE"].kind, terms["VIP-LOUNGE"].kind) == ("interest", "service")
