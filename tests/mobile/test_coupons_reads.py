"""A holder's code, the claim centre, and the notices for the app's systems."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from coupons.choices import BatchState
from coupons.models import Coupon, CouponNotice
from coupons.stock.codes import Vault
from customers.models import Customer
from tests.coupons.making import live_template, stock
from tests.mobile.phones import Phone
from tests.mobile.wallets import TEMPLATES, WALLET, claim, held, outcome, system
from tests.operators.people import make_branch

NOTICES = f"{WALLET}/notices"
NOON = datetime(2026, 11, 18, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


# --- the code -------------------------------------------------------------------------------------
def detail(coupon: Coupon) -> dict[str, Any]:
    answer = Phone().get(f"{WALLET}/{coupon.pk}")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Cache-Control"] == "private, no-store"
    return answer.json()


def test_the_holder_sees_code_and_pin_of_a_third_party_s_coupon(bank: Any) -> None:
    coupon = held(live_template(kind="third_party"), code="4006001234567890")
    _key, secret = Vault().seal("4006001234567890", "8472")
    Coupon.objects.filter(pk=coupon.pk).update(secret=secret)
    before = AuditEvent.objects.count()

    found = detail(coupon)

    assert (found["code"], found["pin"]) == ("4006001234567890", "8472")
    assert AuditEvent.objects.count() == before


def test_the_code_for_the_counter_is_told_others_are_not(bank: Any) -> None:
    gift = held(live_template(kind="gift", threshold_cents=0, redeemed_at="counter"))
    online = held(live_template())

    assert detail(gift)["code"].startswith("C")
    assert "code" not in detail(online)


@pytest.mark.parametrize(
    ("columns", "is_told"),
    [
        ({}, True),
        ({"state": "redeemed", "redeemed_at": timezone.now()}, True),
        ({"state": "locked", "lock_until": timezone.now() + timedelta(hours=1)}, True),
        ({"state": "frozen"}, False),
        ({"state": "voided"}, False),
        ({"valid_until": timezone.now() - timedelta(days=1)}, False),
        ({"valid_from": timezone.now() + timedelta(days=1)}, False),
        ({"batch_state": BatchState.FROZEN}, False),
        ({"batch_state": BatchState.RECALLED}, False),
    ],
)
def test_a_coupon_that_is_no_good_keeps_its_code(
    bank: Any, columns: dict[str, Any], is_told: bool
) -> None:
    coupon = held(live_template(kind="third_party"), **columns)

    assert ("code" in detail(coupon)) is is_told


# --- the claim centre -----------------------------------------------------------------------------
def offers(number: str = "C1") -> dict[str, dict[str, Any]]:
    answer = Phone(number=number).get(TEMPLATES)
    assert answer.status_code == 200, answer.content
    document = answer.json()
    claimable = {each["template"]: {"code": "claimable"} for each in document["claimable"]}
    return claimable | {each["template"]: each["reason"] for each in document["others"]}


def test_the_claim_centre_says_what_claiming_would_come_to(bank: Any) -> None:
    north, south = make_branch("N01"), make_branch("S01")
    Customer.objects.create(number="C1", branch=north, groups=["loan"])
    once = {"action": "claim", "measure": "count", "period": "day", "per": "customer", "limit": 1}
    rule = {"all": [{"field": "groups", "op": "any", "values": ["wealth"]}]}
    borrowers = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
    for code, fields in {
        "FREE": {}, "SPENT": {"limits": [once]}, "WEALTH": {"audience": rule},
        "LOAN": {"audience": borrowers}, "NORTH": {"branch": north}, "SOUTH": {"branch": south},
    }.items():  # fmt: skip
        stock(live_template(code, **fields), 2)
    for code, branch in (("AT-NORTH", north), ("AT-SOUTH", south)):
        stock(live_template(code), 1, branch=branch)
    live_template("EMPTY")
    stock(live_template("FROZEN"), 1, state=BatchState.FROZEN)
    claim(Phone(), "SPENT")

    found = {template: reason["code"] for template, reason in offers().items()}

    assert found == {
        "FREE": "claimable", "LOAN": "claimable", "NORTH": "claimable", "AT-NORTH": "claimable",
        "SPENT": "limit_reached", "WEALTH": "outside_audience", "SOUTH": "outside_audience",
        "AT-SOUTH": "out_of_stock", "EMPTY": "out_of_stock", "FROZEN": "frozen",
    }  # fmt: skip
    for template, code in found.items():
        expected = (200, "claimed") if code == "claimable" else (409, code)
        assert outcome(claim(Phone(), template)) == expected, template


def test_what_begins_in_a_few_days_is_told_what_begins_later_is_not(bank: Any) -> None:
    now = timezone.now()
    live_template("SOON", starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=20))
    live_template("LATE", starts_at=now + timedelta(days=10), ends_at=now + timedelta(days=20))

    found = offers()

    assert set(found) == {"SOON"}
    assert (found["SOON"]["code"], found["SOON"]["why"]) == ("not_live", "not_started")


def test_a_limit_says_when_it_begins_anew(bank: Any) -> None:
    week = {"action": "claim", "measure": "count", "period": "week", "per": "customer", "limit": 1}
    with time_machine.travel(NOON, tick=False):
        stock(live_template("WEEKLY", limits=[week]), 2)
        claim(Phone(), "WEEKLY")

        assert offers()["WEEKLY"]["resets_at"] == "2026-11-23T00:00:00+08:00"


def test_granted_templates_stand_in_no_claim_centre(bank: Any) -> None:
    stock(live_template("GRANTED", is_claimable=False), 1)

    assert offers() == {}


# --- notices --------------------------------------------------------------------------------------
def notice(coupon: Coupon) -> CouponNotice:
    return CouponNotice.objects.create(
        coupon=coupon, customer_number=coupon.customer_number, kind="expiring", at=timezone.now()
    )


def test_a_system_reads_the_notices_in_order_and_goes_on_where_it_stopped(bank: Any) -> None:
    template = live_template("FIVE")
    rows = [notice(held(template, number)) for number in ("C1", "C2", "C3")]

    first = system().get(f"{NOTICES}?limit=2").json()["notices"]
    then = system().get(f"{NOTICES}?after={first[-1]['id']}").json()["notices"]

    assert [each["id"] for each in first + then] == [row.pk for row in rows]
    assert (then[0]["customer"], then[0]["template"], then[0]["kind"]) == (
        "C3", "FIVE", "expiring",
    )  # fmt: skip


def test_customers_read_no_notices_and_another_bank_s_stay_there(bank: Any, beta: Any) -> None:
    notice(held(live_template()))

    assert outcome(Phone().get(NOTICES)) == (403, "systems_only")
    assert outcome(Phone(number=None).get(NOTICES)) == (403, "systems_only")
    assert outcome(system().get(f"{NOTICES}?after=x")) == (400, "bad_query")
    with tenant_context(beta):
        assert system(bank="beta").get(NOTICES).json() == {"notices": []}


def test_stock_for_other_branches_is_none_for_this_customer(bank: Any) -> None:
    south = make_branch("S01")
    Customer.objects.create(number="C1", branch=make_branch("N01"))
    template = live_template("MIXED")
    stock(template, 70, branch=south)
    assert offers()["MIXED"]["code"] == "out_of_stock"
    assert outcome(claim(Phone(), "MIXED")) == (409, "out_of_stock")

    stock(template, 1)
    assert offers()["MIXED"]["code"] == "claimable"
