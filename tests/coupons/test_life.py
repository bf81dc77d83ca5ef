"""The life of one coupon, and the books that go with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone

from audit.models import AuditEvent
from coupons import errors
from coupons.life.actors import Doer, customer, operator
from coupons.models import Coupon, CouponTemplate, LedgerEntry, LimitCounter, TemplateAccount
from coupons.services import (
    claim_coupon,
    freeze_coupon,
    grant_coupon,
    lock_coupon,
    redeem_coupon,
    release_coupon,
    reverse_coupon,
    unfreeze_coupon,
    void_coupon,
)
from customers.models import Customer
from operators.models import Branch
from tests.coupons.making import live_template, people, stock

CLAIM_ONCE = {
    "action": "claim", "measure": "count", "period": "lifetime", "per": "customer", "limit": 1
}  # fmt: skip
REDEEM_ONCE_A_DAY = {
    "action": "redeem", "measure": "count", "period": "day", "per": "customer", "limit": 1
}  # fmt: skip
ANNA = "C0001"


def claim(template: CouponTemplate, number: str = ANNA, key: str = "k1", **more: Any) -> Any:
    return claim_coupon(
        actor=customer(number), customer_number=number, template_code=template.code, key=key, **more
    )


def of_anna(verb: Any, coupon_id: int, key: str, **more: Any) -> Any:
    return verb(actor=customer(ANNA), coupon_id=coupon_id, customer_number=ANNA, key=key, **more)


def sums() -> tuple[int, int]:
    found = LedgerEntry.objects.aggregate(a=Sum("accrued_cents"), s=Sum("spent_cents"))
    return found["a"] or 0, found["s"] or 0


@pytest.fixture
def template(bank: Any) -> CouponTemplate:
    template = live_template()
    stock(template, 3)
    return template


def test_a_claimed_coupon_is_locked_paid_redeemed_and_reversed(template: CouponTemplate) -> None:
    coupon = claim(template).body["id"]
    quote = of_anna(lock_coupon, coupon, "k2", order_cents=5000, reference="order-1").body
    assert (quote["discount_cents"], quote["pay_cents"]) == (500, 4500)

    paid = of_anna(redeem_coupon, coupon, "k3", order_cents=5000, reference="order-1").body
    assert (paid["state"], paid["redeemed_cents"]) == ("redeemed", 500)
    assert sums() == (0, 500)

    back = of_anna(reverse_coupon, coupon, "k4").body
    assert (back["state"], back["redeemed_cents"]) == ("claimed", 0)
    assert sums() == (500, 0)
    actions = LedgerEntry.objects.filter(coupon_id=coupon).order_by("id").values_list("action")
    assert [action for (action,) in actions] == ["claim", "lock", "redeem", "reverse"]


def test_every_transition_is_in_the_audit_trail_and_the_trail_is_intact(
    template: CouponTemplate,
) -> None:
    coupon = claim(template).body["id"]
    of_anna(lock_coupon, coupon, "k2", order_cents=5000)
    of_anna(release_coupon, coupon, "k3")

    events = AuditEvent.objects.filter(target_kind="coupons.coupon", target_id=str(coupon))
    assert sorted(events.values_list("event", flat=True)) == [
        "coupons.claimed", "coupons.locked", "coupons.released",
    ]  # fmt: skip
    call_command("verify_audit", "--bank", "alpha", "--json")


def test_the_same_key_gives_the_same_answer_and_changes_nothing(template: CouponTemplate) -> None:
    first = claim(template)
    second = claim(template)

    assert not first.replayed
    assert second.replayed
    assert second.body == first.body
    assert Coupon.objects.filter(state="claimed").count() == 1


def test_the_same_key_with_another_payload_is_refused(template: CouponTemplate) -> None:
    claim(template)
    other = live_template()

    with pytest.raises(errors.KeyReused) as refusal:
        claim(other)
    assert refusal.value.http_status == 422


def test_a_refusal_is_the_answer_of_its_key_for_good(bank: Any) -> None:
    template = live_template()
    with pytest.raises(errors.OutOfStock):
        claim(template)
    stock(template, 1)

    with pytest.raises(errors.CouponRefused) as again:
        claim(template)
    assert (again.value.code_text, again.value.replayed) == ("out_of_stock", True)
    assert claim(template, key="k2").body["state"] == "claimed"


@pytest.mark.parametrize("key", ["", "x" * 101, "schlüssel", "a\nb"])
def test_a_key_is_required_and_plain(template: CouponTemplate, key: str) -> None:
    with pytest.raises(errors.KeyRequired):
        claim(template, key=key)


def test_a_limit_holds_and_names_itself(bank: Any) -> None:
    template = live_template(limits=[CLAIM_ONCE])
    stock(template, 5)
    claim(template)

    with pytest.raises(errors.LimitReached) as refusal:
        claim(template, key="k2")
    assert refusal.value.facts == CLAIM_ONCE
    assert claim(template, "C0002").body["state"] == "claimed"
    assert Coupon.objects.filter(state="claimed").count() == 2


def test_an_amount_limit_counts_face_values(bank: Any) -> None:
    a_day = {"action": "claim", "measure": "amount", "period": "day", "per": "template"}
    template = live_template(limits=[{**a_day, "limit": 1200}])
    stock(template, 5)
    claim(template, key="k1")
    claim(template, key="k2")

    with pytest.raises(errors.LimitReached):
        claim(template, key="k3")
    tomorrow = timezone.now() + timedelta(days=1)
    assert claim(template, key="k4", at=tomorrow).body["state"] == "claimed"


def test_a_grant_does_not_count_against_claims(bank: Any) -> None:
    template = live_template(limits=[CLAIM_ONCE], is_claimable=False)
    stock(template, 2)
    for key in ("g1", "g2"):
        grant_coupon(actor=customer("job"), customer_number=ANNA, template_id=template.pk, key=key)

    assert Coupon.objects.of_customer(ANNA).count() == 2
    with pytest.raises(errors.NotClaimable):
        claim(template, key="own")


def test_a_lock_counts_at_once_and_release_returns_it(bank: Any) -> None:
    template = live_template(limits=[REDEEM_ONCE_A_DAY])
    stock(template, 2)
    one, two = (claim(template, key=f"c{n}").body["id"] for n in range(2))
    of_anna(lock_coupon, one, "l1", order_cents=5000)
    with pytest.raises(errors.LimitReached):
        of_anna(lock_coupon, two, "l2", order_cents=5000)

    of_anna(release_coupon, one, "r1")
    assert LimitCounter.objects.get().used == 0
    of_anna(lock_coupon, two, "l3", order_cents=5000)
    of_anna(redeem_coupon, two, "x1")
    assert LimitCounter.objects.get().used == 1
    of_anna(reverse_coupon, two, "v1")
    assert LimitCounter.objects.get().used == 0


def test_a_lock_whose_time_is_over_neither_binds_nor_counts(bank: Any) -> None:
    template = live_template(limits=[REDEEM_ONCE_A_DAY])
    stock(template, 2)
    one, two = (claim(template, key=f"c{n}").body["id"] for n in range(2))
    noon = (timezone.localtime() + timedelta(days=1)).replace(hour=12)
    of_anna(lock_coupon, one, "l1", order_cents=5000, reference="a", at=noon)
    later = noon + timedelta(minutes=16)

    redeemed = of_anna(redeem_coupon, two, "x1", order_cents=6000, at=later).body
    assert redeemed["state"] == "redeemed"
    assert Coupon.objects.get(pk=one).state == "claimed"
    assert LimitCounter.objects.get(period=later.astimezone().date()).used == 1


def test_a_locked_coupon_serves_its_payment_only(template: CouponTemplate) -> None:
    coupon = claim(template).body["id"]
    of_anna(lock_coupon, coupon, "l1", order_cents=5000, reference="a")

    for number, other in enumerate(({"reference": "b"}, {"order_cents": 9000})):
        with pytest.raises(errors.LockedElsewhere):
            of_anna(redeem_coupon, coupon, f"x{number}", **other)
    with pytest.raises(errors.LockedElsewhere):
        of_anna(lock_coupon, coupon, "l2", order_cents=5000)


def test_a_lock_keeps_a_coupon_valid_until_the_payment_is_done(bank: Any) -> None:
    now = timezone.now()
    template = live_template(valid_until=now + timedelta(minutes=10))
    stock(template, 1)
    coupon = claim(template).body["id"]
    of_anna(lock_coupon, coupon, "l1", order_cents=5000, at=now + timedelta(minutes=9))

    paid = of_anna(redeem_coupon, coupon, "x1", at=now + timedelta(minutes=12)).body
    assert paid["state"] == "redeemed"
    back = of_anna(reverse_coupon, coupon, "v1", at=now + timedelta(minutes=13)).body
    assert back["state"] == "voided"
    account = TemplateAccount.objects.get(template=template)
    assert (account.held_count, account.held_cents, sums()) == (0, 0, (0, 0))


def test_a_partial_reversal_leaves_the_remainder_and_shares_to_the_cent(bank: Any) -> None:
    bearers = {"province": 3333, "bank": 3333, "merchant": 3334, "merchant_name": "Rice"}
    template = live_template(face_min_cents=1000, face_max_cents=1000, bearers=bearers)
    stock(template, 1)
    coupon = claim(template).body["id"]
    of_anna(redeem_coupon, coupon, "x1", order_cents=5000)
    left = of_anna(reverse_coupon, coupon, "v1", amount_cents=333).body
    assert (left["state"], left["redeemed_cents"]) == ("redeemed", 667)
    of_anna(reverse_coupon, coupon, "v2", amount_cents=1)

    with pytest.raises(errors.BadAmount):
        of_anna(reverse_coupon, coupon, "v3", amount_cents=667)
    shares = LedgerEntry.objects.aggregate(
        p=Sum("province_cents"), b=Sum("bank_cents"), m=Sum("merchant_cents"), s=Sum("spent_cents")
    )
    assert shares["s"] == 666 == shares["p"] + shares["b"] + shares["m"]
    of_anna(reverse_coupon, coupon, "v4")
    assert sums() == (1000, 0)
    with pytest.raises(errors.NotRedeemed):
        of_anna(reverse_coupon, coupon, "v5")


def test_a_coupon_is_redeemed_once(template: CouponTemplate) -> None:
    coupon = claim(template).body["id"]
    of_anna(redeem_coupon, coupon, "x1", order_cents=5000)

    with pytest.raises(errors.AlreadyRedeemed):
        of_anna(redeem_coupon, coupon, "x2", order_cents=5000)


@pytest.mark.parametrize(
    ("fields", "payment", "refused"),
    [
        ({}, {"order_cents": 4999}, errors.BelowThreshold),
        ({}, {}, errors.BadAmount),
        ({}, {"order_cents": -1}, errors.BadAmount),
        ({"scenes": ["top_up"]}, {"order_cents": 5000, "scene": "bills"}, errors.WrongScene),
        ({"redeemed_at": "counter"}, {"order_cents": 5000}, errors.WrongChannel),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    bank: Any, fields: dict[str, Any], payment: dict[str, Any], refused: type[Exception]
) -> None:
    template = live_template(**fields)
    stock(template, 1)
    coupon = claim(template).body["id"]

    for number, verb in enumerate((lock_coupon, redeem_coupon)):
        with pytest.raises(refused):
            of_anna(verb, coupon, f"x{number}", **payment)


def test_another_customers_coupon_does_not_exist(template: CouponTemplate) -> None:
    coupon = claim(template, "C0002").body["id"]

    with pytest.raises(errors.UnknownCoupon):
        of_anna(redeem_coupon, coupon, "x1", order_cents=5000)


def test_a_discount_is_rounded_down_and_capped(bank: Any) -> None:
    template = live_template(
        kind="discount", rate_bp=1500, threshold_cents=0, face_min_cents=2000, face_max_cents=2000
    )
    stock(template, 2)
    one, two = (claim(template, key=f"c{n}").body["id"] for n in range(2))

    assert of_anna(redeem_coupon, one, "x1", order_cents=9999).body["discount_cents"] == 1499
    assert of_anna(redeem_coupon, two, "x2", order_cents=99_999).body["discount_cents"] == 2000
    assert sums() == (0, 3499)


def test_days_after_the_claim_are_whole_days_of_shanghai(bank: Any) -> None:
    template = live_template(validity="after_claim", days_after_claim=3, valid_until=None)
    stock(template, 1)
    at = timezone.now().replace(hour=4, minute=0, second=0, microsecond=0)

    until = claim(template, at=at + timedelta(days=1)).body["valid_until"]
    expected = (at + timedelta(days=5)).strftime("%Y-%m-%dT00:00:00+08:00")
    assert until == expected


def test_voiding_takes_a_coupon_and_its_budget_back(template: CouponTemplate) -> None:
    _maker, checker = people()
    coupon = claim(template).body["id"]
    void_coupon(actor=operator(checker), coupon_id=coupon, note="fraud", key="v1")

    assert (Coupon.objects.get(pk=coupon).state, sums()) == ("voided", (0, 0))
    assert TemplateAccount.objects.get(template=template).held_count == 2
    with pytest.raises(errors.Voided):
        of_anna(redeem_coupon, coupon, "x1", order_cents=5000)


def test_a_frozen_coupon_waits(template: CouponTemplate) -> None:
    doer: Doer = operator(people()[1])
    coupon = claim(template).body["id"]
    freeze_coupon(actor=doer, coupon_id=coupon, note="asked for")
    with pytest.raises(errors.Frozen):
        of_anna(redeem_coupon, coupon, "x1", order_cents=5000)

    unfreeze_coupon(actor=doer, coupon_id=coupon, note="cleared")
    assert of_anna(redeem_coupon, coupon, "x2", order_cents=5000).body["state"] == "redeemed"


def test_a_maker_may_not_void(template: CouponTemplate) -> None:
    from operators.errors import NotAllowed

    with pytest.raises(NotAllowed):
        void_coupon(actor=operator(people()[0]), coupon_id=1, note="x", key="v1")


def test_the_pool_gives_what_expires_first_and_never_what_has(bank: Any) -> None:
    template = live_template()
    now = timezone.now()
    stock(template, 1, valid_until=now - timedelta(minutes=1))
    late = stock(template, 1, valid_until=now + timedelta(days=9))
    soon = stock(template, 1, valid_until=now + timedelta(days=2))
    stock(template, 1, state="in_review", valid_until=now + timedelta(days=1))

    got = [claim(template, key=f"c{n}").body["id"] for n in range(2)]
    batches = list(Coupon.objects.filter(pk__in=got).values_list("batch_id", flat=True))
    assert sorted(batches) == sorted([late.pk, soon.pk])
    with pytest.raises(errors.OutOfStock):
        claim(template, key="c9")


def test_stock_of_the_own_branch_goes_first_and_that_of_another_one_never(bank: Any) -> None:
    template = live_template()
    root = Branch.add_root(code="R1", name="head office", name_key="h")
    north, south = (root.add_child(code=code, name=code, name_key=code) for code in ("N1", "S1"))
    stock(template, 5, branch=south)
    stock(template, 1, branch=root)
    everywhere = stock(template, 1)
    Customer.objects.create(number=ANNA, branch=north)

    first, second = (claim(template, key=f"c{n}").body["id"] for n in range(2))
    assert Coupon.objects.get(pk=first).branch_id == root.pk
    assert Coupon.objects.get(pk=second).batch_id == everywhere.pk
    with pytest.raises(errors.OutOfStock):
        claim(template, key="c2")
    with pytest.raises(errors.OutOfStock):
        claim(template, "C0009", key="c3")
