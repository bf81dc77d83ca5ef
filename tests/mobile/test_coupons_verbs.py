"""Claiming and using coupons over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from coupons.models import Coupon, LedgerEntry
from customers.models import Customer
from tests.coupons.making import live_template, stock
from tests.mobile.phones import Phone
from tests.mobile.wallets import TEMPLATES, WALLET, act, claim, held, outcome, post, system

PROBLEM = "application/problem+json"


@pytest.fixture
def template(bank: Any) -> Any:
    return live_template("FIVE")


def test_a_coupon_lives_through_the_calls(template: Any) -> None:
    stock(template, 1)
    phone = Phone()

    claimed = claim(phone, "FIVE").json()
    coupon_id = claimed["id"]
    answers = [
        act(phone, coupon_id, "lock", amount_cents=6000, reference="P1"),
        act(phone, coupon_id, "release"),
        act(phone, coupon_id, "lock", amount_cents=6000, reference="P2", scene="top_up"),
        act(phone, coupon_id, "redeem", amount_cents=6000, reference="P2", scene="top_up"),
        act(phone, coupon_id, "reverse", amount_cents=200, reference="R1"),
        act(phone, coupon_id, "reverse"),
        act(system(), coupon_id, "void", note="out of use"),
    ]

    assert claimed["state"] == "claimed"
    assert [outcome(answer) for answer in answers] == [
        (200, "locked"), (200, "claimed"), (200, "locked"), (200, "redeemed"),
        (200, "redeemed"), (200, "claimed"), (200, "voided"),
    ]  # fmt: skip
    assert [answers[3].json()[name] for name in ("discount_cents", "pay_cents")] == [500, 5500]
    assert answers[3].headers["Cache-Control"] == "no-store"
    entries = LedgerEntry.objects.filter(coupon_id=coupon_id).order_by("id")
    assert [entry.actor_kind for entry in entries] == ["customer"] * 7 + ["system"]
    assert {entry.actor_name for entry in entries} == {"C1", "pay"}


def test_a_system_acts_for_the_customer_it_names(template: Any) -> None:
    Customer.objects.create(number="C1")
    stock(template, 1)
    pay = system()

    coupon_id = claim(pay, "FIVE", customer="C1").json()["id"]

    assert outcome(act(pay, coupon_id, "redeem", customer="C1", amount_cents=5000))[1] == "redeemed"
    assert Coupon.objects.get(pk=coupon_id).customer_number == "C1"
    entry = LedgerEntry.objects.get(coupon_id=coupon_id, action="redeem")
    assert (entry.actor_kind, entry.actor_name, entry.channel) == ("system", "pay", "system")


def test_a_system_must_name_a_customer_of_this_bank(template: Any) -> None:
    stock(template, 1)
    coupon = held(template)

    assert outcome(claim(system(), "FIVE")) == (400, "bad_body")
    assert outcome(claim(system(), "FIVE", customer="STRANGER")) == (404, "unknown_customer")
    assert outcome(act(system(), coupon, "lock", amount_cents=6000)) == (400, "bad_body")
    assert Coupon.objects.filter(state="stocked").count() == 1


def test_a_customer_s_token_acts_for_nobody_else(template: Any) -> None:
    Customer.objects.create(number="C2")
    stock(template, 1)

    assert outcome(claim(Phone(), "FIVE", customer="C2")) == (403, "customers_only")
    assert outcome(claim(Phone(), "FIVE", customer="C1")) == (200, "claimed")


def test_another_customer_s_coupon_is_like_one_that_is_not(template: Any) -> None:
    theirs = held(template, "C2")
    phone, bodies = Phone(), {"lock": {"amount_cents": 6000}}

    for verb in ("lock", "release", "redeem", "reverse"):
        foreign = act(phone, theirs, verb, **bodies.get(verb, {}))
        unknown = act(phone, theirs.pk + 1000, verb, **bodies.get(verb, {}))
        assert outcome(foreign) == outcome(unknown) == (404, "unknown_coupon")
        assert foreign.json()["detail"] == unknown.json()["detail"]
    assert outcome(phone.get(f"{WALLET}/{theirs.pk}")) == (404, "unknown_coupon")
    assert (
        phone.get(f"{WALLET}/{theirs.pk}").json()["detail"]
        == (phone.get(f"{WALLET}/{theirs.pk + 1000}").json()["detail"])
    )
    assert LedgerEntry.objects.filter(coupon=theirs).count() == 0


@pytest.mark.parametrize("name", ["0", "9" * 18, "9" * 40, "1e3", "-1", "%20", "x", "１２"])
def test_a_guessed_id_finds_nothing(bank: Any, name: str) -> None:
    assert outcome(Phone().get(f"{WALLET}/{name}"))[0] == 404
    assert outcome(post(Phone(), f"{WALLET}/{name}/redeem"))[0] == 404


def test_a_visitor_changes_nothing_and_only_systems_void(template: Any) -> None:
    coupon = held(template)

    visitor = Phone(number=None)
    assert outcome(claim(visitor, "FIVE")) == (403, "customers_only")
    assert outcome(act(visitor, coupon, "redeem")) == (403, "customers_only")
    assert outcome(act(Phone(), coupon, "void", note="mine")) == (403, "systems_only")
    assert Coupon.objects.get(pk=coupon.pk).state == "claimed"


def test_another_bank_s_token_is_refused(template: Any, beta: Any) -> None:
    stock(template, 1)
    strangers = [Phone("beta"), system(bank="beta")]

    for phone in strangers:
        phone.client.defaults["HTTP_HOST"] = "alpha.localhost"
        assert outcome(claim(phone, "FIVE", customer="C1")) == (403, "wrong_bank")
    assert Coupon.objects.get().state == "stocked"


def test_another_bank_s_template_and_coupon_are_unknown(template: Any, beta: Any) -> None:
    coupon = held(template, "C1")
    stock(template, 1)
    with tenant_context(beta):
        other = Phone("beta", "C1")

        assert outcome(claim(other, "FIVE")) == (404, "unknown_template")
        assert outcome(act(other, coupon, "redeem", amount_cents=6000)) == (404, "unknown_coupon")
        assert outcome(other.get(f"{WALLET}/{coupon.pk}")) == (404, "unknown_coupon")
        assert outcome(act(system(bank="beta"), coupon, "void", note="x")) == (
            404,
            "unknown_coupon",
        )


# --- keys -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", [None, "k" * 101, "schlüssel", "tab\tkey"])
def test_every_change_needs_a_key(template: Any, key: str | None) -> None:
    stock(template, 1)

    assert outcome(claim(Phone(), "FIVE", key)) == (400, "idempotency_key_required")
    assert Coupon.objects.get().state == "stocked"


def test_the_same_key_gives_the_same_answer(template: Any) -> None:
    stock(template, 2)
    first, again = claim(Phone(), "FIVE", "K"), claim(Phone(), "FIVE", "K")

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Coupon.objects.filter(state="stocked").count() == 1


def test_a_refusal_is_told_again_as_well(template: Any) -> None:
    coupon = held(template)
    first = act(Phone(), coupon, "lock", "K", amount_cents=4999)
    again = act(Phone(), coupon, "lock", "K", amount_cents=4999)

    documents = [{**answer.json(), "request_id": ""} for answer in (first, again)]
    assert documents[0] == documents[1]
    assert (first.status_code, again.status_code) == (409, 409)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_key_is_good_for_one_request_only(template: Any) -> None:
    stock(template, 2)
    claim(Phone(), "FIVE", "K")
    coupon = held(template)

    assert outcome(act(Phone(), coupon, "redeem", "K", amount_cents=6000)) == (
        422, "idempotency_key_reused",
    )  # fmt: skip
    assert outcome(claim(Phone(number="C2"), "FIVE", "K")) == (200, "claimed")


# --- bodies ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        '{"amount_cents": 50.0}', '{"amount_cents": "5000"}', '{"amount_cents": -1}',
        '{"amount_cents": true}', '{"amount_cents": 99999999999999999999}', "",
        '{"amount_cents": null}',
        '{"amount_cents": 1, "reference": "a\\u0000b"}', '{"amount_cents": 1, "reference": 5}',
        '{"amount_cents": 1, "scene": "' + "s" * 49 + '"}', '{"amount_cents": 1, "amount": 5}',
        '{"amount_cents": 1, "customer": "C 1"}', "[]", "5", "{", "\udcff", '{"amount_cents": NaN}',
    ],
)  # fmt: skip
def test_a_body_that_is_not_right_is_refused_with_a_sentence(template: Any, body: str) -> None:
    coupon = held(template)

    answer = post(Phone(), f"{WALLET}/{coupon.pk}/lock", body.encode("utf-8", "surrogateescape"))

    assert outcome(answer) == (400, "bad_body")
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["detail"]
    assert Coupon.objects.get(pk=coupon.pk).state == "claimed"


def test_the_sentence_names_the_field(template: Any) -> None:
    coupon = held(template)
    path = f"{WALLET}/{coupon.pk}/lock"

    assert "amount_cents" in post(Phone(), path, {"amount_cents": "5"}).json()["detail"]
    assert "amount_cents" in post(Phone(), path, {}).json()["detail"]
    assert "yuan" in post(Phone(), path, {"amount_cents": 5, "yuan": 5}).json()["detail"]


def test_a_body_may_not_be_large(template: Any) -> None:
    body = {"amount_cents": 5000, "reference": "x" * 5000}

    assert outcome(post(Phone(), f"{WALLET}/1/lock", body)) == (413, "too_large")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_changes_are_posts(bank: Any, method: str) -> None:
    answer = getattr(Phone().client, method)(f"{TEMPLATES}/FIVE/claims")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


# --- refusals -------------------------------------------------------------------------------------
def test_a_refusal_names_the_failing_condition(bank: Any) -> None:
    limit = {"action": "claim", "measure": "count", "period": "day", "per": "customer", "limit": 1}
    template = live_template("ONCE", limits=[limit])
    stock(template, 2)
    claim(Phone(), "ONCE")

    answer = claim(Phone(), "ONCE")

    assert outcome(answer) == (409, "limit_reached")
    assert {name: answer.json()[name] for name in limit} == limit
    short = act(Phone(), held(template), "lock", amount_cents=4500).json()
    assert (short["code"], short["threshold_cents"], short["missing_cents"]) == (
        "below_threshold", 5000, 500,
    )  # fmt: skip
