"""What could be used now, what nearly, and why not: as the services would decide."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coupons.choices import BatchState
from coupons.errors import CouponRefused
from coupons.life import actors
from coupons.life.payments import Payment
from coupons.models import Coupon
from coupons.services import lock_coupon
from coupons.wallet.usable import usable_now
from tests.coupons.making import live_template, make_template, stock
from tests.mobile.phones import Phone
from tests.mobile.wallets import WALLET, act, claim, held

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 18, 12, tzinfo=SHANGHAI)
FOR_BORROWERS = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
_numbers = itertools.count(1)


def limit(**changes: Any) -> dict[str, Any]:
    return {
        "action": "redeem", "measure": "count", "period": "day", "per": "customer", "limit": 1,
        **changes,
    }  # fmt: skip


def usable(query: str = "amount=60", number: str = "C1") -> dict[str, Any]:
    answer = Phone(number=number).get(f"{WALLET}/usable?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(coupons: list[dict[str, Any]]) -> list[int]:
    return [coupon["id"] for coupon in coupons]


def by_services(coupon: Coupon, payment: Payment, at: datetime) -> str:
    """What locking it would come to; nothing of it stays."""
    try:
        with transaction.atomic():
            lock_coupon(
                actor=actors.customer("C1"), coupon_id=coupon.pk, customer_number="C1",
                order_cents=payment.order_cents, scene=payment.scene,
                key=f"by-services-{next(_numbers)}", at=at,
            )  # fmt: skip
            transaction.set_rollback(True)
    except CouponRefused as refusal:
        return refusal.code_text
    return "usable"


def many_situations() -> list[Coupon]:
    now, hour = timezone.now(), timedelta(hours=1)
    templates = [
        live_template(),
        live_template(scenes=["top_up"], threshold_cents=0),
        live_template(kind="discount", rate_bp=1500, threshold_cents=1000),
        live_template(kind="discount", rate_bp=1, threshold_cents=0),
        live_template(kind="interest", rate_bp=30, threshold_cents=0, scenes=["loan"]),
        live_template(kind="gift", threshold_cents=0, redeemed_at="counter"),
        live_template(kind="service", threshold_cents=0, redeemed_at="anywhere"),
        live_template(limits=[limit(measure="amount", limit=400)]),
        live_template(limits=[limit(per="template")]),
        live_template(valid_from=now + hour),
    ]
    columns: list[dict[str, Any]] = [
        {},
        {"state": "locked", "lock_until": now + hour},
        {"state": "locked", "lock_until": now - hour},
        {"state": "frozen"},
        {"batch_state": BatchState.FROZEN},
        {"valid_from": now + hour},
        {"valid_from": now - hour},
    ]
    return [held(template, **each) for template in templates for each in columns]


def test_the_answer_is_what_locking_would_come_to(bank: Any) -> None:
    coupons, at = many_situations(), timezone.now()
    payments = [
        (None, ""), (0, ""), (1, ""), (999, ""), (4999, "top_up"), (5000, "top_up"),
        (5000, "loan"), (100_000, ""),
    ]  # fmt: skip

    for payment in itertools.starmap(Payment, payments):
        found = usable_now("C1", payment, at=at)

        told = dict.fromkeys(ids(found["usable"]), "usable")
        told |= {c["id"]: c["reason"]["code"] for c in found["nearly"] + found["unusable"]}
        assert told == {coupon.pk: by_services(coupon, payment, at) for coupon in coupons}, payment


def test_what_it_takes_off_stands_with_each_and_the_best_are_named(bank: Any) -> None:
    alone = held(live_template(face_max_cents=900, threshold_cents=0), face_cents=600)
    top = [held(live_template(stacking_group="top")) for _each in range(2)]
    card = held(
        live_template(
            kind="discount", rate_bp=1000, face_min_cents=400, face_max_cents=400,
            threshold_cents=0, stacking_group="card",
        )
    )  # fmt: skip

    found = usable("amount=60.00&scene=top_up")

    assert {c["id"]: c["takes_off_cents"] for c in found["usable"]} == {
        alone.pk: 600, top[0].pk: 500, top[1].pk: 500, card.pk: 400,
    }  # fmt: skip
    assert ids(found["usable"])[0] == alone.pk
    assert sorted(found["best"]["coupons"], key=lambda each: each["id"]) == [
        {"id": top[0].pk, "takes_off_cents": 500}, {"id": card.pk, "takes_off_cents": 400},
    ]  # fmt: skip
    assert (found["best"]["takes_off_cents"], found["best"]["pay_cents"]) == (900, 5100)


def test_what_is_nearly_within_reach_says_what_is_missing(bank: Any) -> None:
    with time_machine.travel(NOON, tick=False):
        far = held(live_template(threshold_cents=9000))
        near = held(live_template(threshold_cents=6500))
        soon = held(live_template(), valid_from=NOON + timedelta(days=2))
        late = held(live_template(), valid_from=NOON + timedelta(days=20))
        daily = live_template(limits=[limit()])
        spent, more = held(daily), held(daily)
        assert act(Phone(), spent, "redeem", amount_cents=6000).status_code == 200

        found = usable("amount_cents=6000")

    reasons = {c["id"]: c["reason"] for c in found["nearly"]}
    assert set(reasons) == {far.pk, near.pk, soon.pk, more.pk}
    assert (reasons[near.pk]["missing_cents"], reasons[far.pk]["missing_cents"]) == (500, 3000)
    assert ids(found["nearly"]).index(near.pk) < ids(found["nearly"]).index(far.pk)
    assert reasons[soon.pk]["valid_from"] == "2026-11-20T12:00:00+08:00"
    assert reasons[more.pk]["code"] == "limit_reached"
    assert reasons[more.pk]["resets_at"] == "2026-11-19T00:00:00+08:00"
    assert ids(found["unusable"]) == [late.pk]


def test_a_limit_that_ends_never_is_not_nearly_within_reach(bank: Any) -> None:
    template = live_template(limits=[limit(period="lifetime")])
    spent, more = held(template), held(template)
    act(Phone(), spent, "redeem", amount_cents=6000)

    found = usable()

    assert (found["nearly"], ids(found["unusable"])) == ([], [more.pk])


def test_an_overdue_lock_of_their_own_takes_no_room(bank: Any) -> None:
    template = live_template(limits=[limit()])
    with time_machine.travel(NOON, tick=False):
        one, other = held(template), held(template)
        act(Phone(), one, "lock", amount_cents=6000)
        assert ids(usable()["usable"]) == []
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert set(ids(usable()["usable"])) == {one.pk, other.pk}


def test_templates_that_would_help_are_named(bank: Any) -> None:
    fits = live_template("FITS", scenes=["top_up"])
    larger = live_template("LARGER", face_min_cents=900, face_max_cents=900)
    for template in (
        fits, larger, live_template("TOO-DEAR", threshold_cents=9000),
        live_template("ELSEWHERE", scenes=["bills"]),
        live_template("NOT-FOR-ALL", audience=FOR_BORROWERS),
        live_template("GRANTED", is_claimable=False),
        live_template("COUNTER", redeemed_at="counter"),
        live_template("GIFT", kind="gift", threshold_cents=0),
    ):  # fmt: skip
        stock(template, 1)
    live_template("EMPTY")
    once = live_template("ONCE", limits=[limit(action="claim")])
    stock(once, 2)
    claim(Phone(), "ONCE")

    found = usable("amount=60&scene=top_up")["claimable"]

    assert [(each["template"], each["takes_off_cents"]) for each in found] == [
        ("LARGER", 900), ("FITS", 500),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        "amount=5.001", "amount=-5", "amount=abc", "amount=", "amount=1e3", "amount=５",
        "amount_cents=5.0", "amount_cents=-1", "amount_cents=9999999999999999",
        "amount=5&amount_cents=500", f"scene={'s' * 49}", "scene=%00",
    ],
)  # fmt: skip
def test_a_bad_amount_gets_a_sentence(bank: Any, query: str) -> None:
    answer = Phone().get(f"{WALLET}/usable?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")


@pytest.mark.parametrize(
    ("query", "cents"), [("amount=50", 5000), ("amount=49.9", 4990), ("amount=0.01", 1)]
)
def test_yuan_become_cents_exactly(bank: Any, query: str, cents: int) -> None:
    assert usable(query)["amount_cents"] == cents


def test_the_whole_call_costs_two_statements_however_much_there_is(bank: Any) -> None:
    for number in range(4):
        template = live_template(f"T-{number}-X", limits=[limit(), limit(action="claim")])
        stock(template, 2)
        for _each in range(3):
            held(template)
    payment = Payment(6000)
    usable_now("C1", payment, at=timezone.now())

    with CaptureQueriesContext(connection) as asked:
        found = usable_now("C1", payment, at=timezone.now())

    assert len(found["usable"]) == 12
    assert len(found["claimable"]) == 4
    assert len(asked) == 2


def test_drafts_are_nothing_to_customers(bank: Any) -> None:
    make_template("DRAFT")

    assert usable()["claimable"] == []
