"""Many calls at the same moment, over HTTP."""

from __future__ import annotations

from collections import Counter

import pytest

from audit.models import AuditEvent
from coupons.models import Answer, Coupon, LedgerEntry, LimitCounter
from tests.approvals.racing import at_once, racing_bank
from tests.coupons.making import live_template, stock
from tests.mobile.phones import Phone
from tests.mobile.wallets import act, claim, held, outcome

AT_ONCE = 50
ONE_EACH = {
    "action": "claim", "measure": "count", "period": "lifetime", "per": "customer", "limit": 1
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_fifty_claims_under_one_key_give_one_coupon_and_fifty_equal_answers() -> None:
    with racing_bank() as bank:
        stock(live_template("RACE"), AT_ONCE)

        answers = at_once(bank, *[lambda: claim(Phone("racing"), "RACE", "K")] * AT_ONCE)

        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        first = [answer for answer in answers if "Idempotency-Replayed" not in answer.headers]
        assert len(first) == 1
        assert Coupon.objects.filter(state="claimed").count() == 1
        assert LedgerEntry.objects.filter(action="claim").count() == 1
        assert Answer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_keys_and_a_limit_of_one_give_one_coupon() -> None:
    with racing_bank() as bank:
        stock(live_template("RACE", limits=[ONE_EACH]), AT_ONCE)

        calls = [lambda n=n: claim(Phone("racing"), "RACE", f"K{n}") for n in range(AT_ONCE)]
        answers = at_once(bank, *calls)

        told = Counter(outcome(answer) for answer in answers)
        assert told == {(200, "claimed"): 1, (409, "limit_reached"): AT_ONCE - 1}
        assert Coupon.objects.filter(state="claimed").count() == 1
        assert LimitCounter.objects.get().used == 1
        assert AuditEvent.objects.filter(event="coupons.claimed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_redemptions_of_one_coupon_redeem_it_once() -> None:
    with racing_bank() as bank:
        coupon = held(live_template("RACE"))

        calls = [
            lambda n=n: act(Phone("racing"), coupon, "redeem", f"K{n}", amount_cents=6000)
            for n in range(AT_ONCE)
        ]
        answers = at_once(bank, *calls)

        told = Counter(outcome(answer) for answer in answers)
        assert told == {(200, "redeemed"): 1, (409, "already_redeemed"): AT_ONCE - 1}
        assert LedgerEntry.objects.get(action="redeem").spent_cents == 500
