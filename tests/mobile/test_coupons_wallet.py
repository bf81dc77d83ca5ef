"""The wallet and the claim centre, as a phone reads them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from coupons.choices import BatchState
from tests.coupons.making import live_template
from tests.mobile.phones import Phone
from tests.mobile.wallets import WALLET, held

NOW = timezone.now


def wallet(phone: Phone, query: str = "") -> dict[str, list[dict[str, Any]]]:
    answer = phone.get(WALLET + query)
    assert answer.status_code == 200, answer.content
    return {group["state"]: group["coupons"] for group in answer.json()["groups"]}


def test_the_wallet_groups_by_what_a_coupon_is_now(bank: Any) -> None:
    template, now = live_template(), NOW()
    hour = timedelta(hours=1)
    expected = {
        "usable": [
            held(template),
            held(template, state="locked", lock_until=now - hour),
        ],
        "locked": [
            held(template, state="locked", lock_until=now + hour, valid_until=now - hour),
        ],
        "upcoming": [held(template, valid_from=now + hour)],
        "redeemed": [
            held(template, state="redeemed", redeemed_at=now, redeemed_cents=500),
            held(
                template, state="redeemed", redeemed_at=now - hour, redeemed_cents=500,
                batch_state=BatchState.RECALLED,
            ),
        ],
        "expired": [
            held(template, valid_until=now - hour),
            held(template, state="locked", lock_until=now - hour, valid_until=now - 2 * hour),
            held(template, state="expired", valid_until=now - 3 * hour),
        ],
        "frozen": [
            held(template, state="frozen"),
            held(template, batch_state=BatchState.FROZEN),
        ],
        "voided": [
            held(template, batch_state=BatchState.RECALLED),
            held(template, state="voided"),
        ],
    }  # fmt: skip
    held(template, number="C2")
    held(template, batch_state=BatchState.IN_REVIEW)
    held(template, state="stocked")

    found = wallet(Phone())

    assert {state: {c["id"] for c in coupons} for state, coupons in found.items()} == {
        state: {coupon.pk for coupon in coupons} for state, coupons in expected.items()
    }
    assert [c["id"] for c in found["redeemed"]] == [c.pk for c in expected["redeemed"]]
    assert [c["id"] for c in found["expired"]] == [c.pk for c in expected["expired"]]


def test_no_list_tells_a_code(bank: Any) -> None:
    template = live_template(kind="third_party", threshold_cents=0)
    coupon = held(template, code="SECRET-CODE-0001")

    for path in ("", "/usable?amount=50", f"/{coupon.pk + 1}"):
        assert b"SECRET" not in Phone().get(WALLET + path).content
    assert b"SECRET" in Phone().get(f"{WALLET}/{coupon.pk}").content


def test_pages_follow_each_other_without_gap_or_repeat(bank: Any) -> None:
    template, now = live_template(), NOW()
    until = [now + timedelta(days=day // 2 + 1) for day in range(7)]
    coupons = [held(template, valid_until=moment) for moment in until]
    phone, seen, after = Phone(), [], ""

    for _page in range(4):
        answer = phone.get(f"{WALLET}?state=usable&limit=2&after={after}").json()
        (group,) = answer["groups"]
        seen += [coupon["id"] for coupon in group["coupons"]]
        after = group["next"] or ""

    assert seen == [coupon.pk for coupon in coupons]
    assert after == ""


@pytest.mark.parametrize(
    "query",
    ["state=lost", "limit=0", "limit=101", "limit=x", "after=1_1", "state=usable&after=x"],
)
def test_a_bad_query_gets_a_sentence(bank: Any, query: str) -> None:
    answer = Phone().get(f"{WALLET}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")


@pytest.mark.parametrize("path", ["", "/usable?amount=50", "/1"])
def test_only_customers_have_coupons(bank: Any, path: str) -> None:
    for phone in (Phone(number=None), Phone(number=None, system="pay")):
        answer = phone.get(WALLET + path)
        assert (answer.status_code, answer.json()["code"]) == (403, "customers_only")
