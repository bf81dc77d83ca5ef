"""What is answered has exactly the members that the OpenAPI document names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from coupons.models import CouponNotice
from mobile.api import coupons_serializers as forms
from tests.coupons.making import live_template, stock
from tests.mobile.phones import Phone
from tests.mobile.wallets import TEMPLATES, WALLET, act, claim, held, system


def check(document: Any, form: Any, place: str = "$") -> None:
    """Every member is named and every named one is there, all the way down."""
    if isinstance(form, serializers.ListSerializer):
        assert document, f"{place} is empty: nothing is proved"
        for each in document:
            check(each, form.child, f"{place}[]")
    elif isinstance(form, serializers.Serializer):
        assert isinstance(document, Mapping), place
        required = {name for name, field in form.fields.items() if field.required}
        assert required <= set(document) <= set(form.fields), place
        for name, value in document.items():
            check(value, form.fields[name], f"{place}.{name}")
    elif document is not None:
        form.to_representation(form.to_internal_value(document))


def get(path: str) -> Any:
    answer = Phone().get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_reads_answer_as_documented(bank: Any) -> None:
    template = live_template("FIVE")
    stock(template, 1)
    live_template("EMPTY")
    third = held(live_template("CODES", kind="third_party"))
    held(template)
    held(live_template("DEAR", threshold_cents=90_000))
    held(template, state="frozen")
    held(template, state="redeemed", redeemed_at=timezone.now())
    held(template, state="locked", lock_until=timezone.now() + timedelta(hours=1))

    groups = [group for group in get(WALLET)["groups"] if group["coupons"]]
    assert len(groups) == 4
    check(groups, forms.WalletGroup(many=True))
    check(get(f"{WALLET}/{third.pk}"), forms.CouponDetail())
    found, offers = get(f"{WALLET}/usable?amount=60"), get(TEMPLATES)
    for name in ("nearly", "unusable"):
        reasons = [each.pop("reason") for each in found[name]]
        # The facts of a reason are free; they stand beside code and detail.
        assert all(reason["code"] and reason["detail"] for reason in reasons)
        check(found[name], forms.WalletCoupon(many=True))
    check(found["usable"], forms.UsableCoupon(many=True))
    check(found["best"], forms.Combination())
    check(found["claimable"], forms.HelpfulTemplate(many=True))
    check(offers["claimable"], forms.Offer(many=True))
    assert {each.pop("reason")["code"] for each in offers["others"]} == {"out_of_stock"}
    check(offers["others"], forms.Offer(many=True))


def test_the_changes_answer_as_documented(bank: Any) -> None:
    stock(live_template("FIVE"), 1)
    phone = Phone()
    claimed = claim(phone, "FIVE").json()
    coupon_id = claimed["id"]

    check(claimed, forms.Claimed())
    for verb, form, body in (
        ("lock", forms.Quoted(), {"amount_cents": 6000}),
        ("release", forms.Changed(), {}),
        ("redeem", forms.Redeemed(), {"amount_cents": 6000}),
        ("reverse", forms.Reversed(), {"amount_cents": 100}),
        ("reverse", forms.Reversed(), {}),
    ):
        check(act(phone, coupon_id, verb, **body).json(), form)
    check(act(system(), coupon_id, "void", note="x").json(), forms.Changed())


def test_the_notices_answer_as_documented(bank: Any) -> None:
    coupon = held(live_template())
    CouponNotice.objects.create(
        coupon=coupon, customer_number="C1", kind="expiring", at=timezone.now()
    )

    check(system().get(f"{WALLET}/notices").json(), forms.Notices())
