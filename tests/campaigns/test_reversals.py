"""Reversals that come before what they reverse, and after what it gave was used."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.choices import EventOutcome
from campaigns.models import Effect, Event
from coupons import services as coupons
from coupons.life import actors
from coupons.models import Coupon
from tests.campaigns.making import a_campaign, an_event, its_reversal
from tests.campaigns.test_taking import account, apply, is_even, take

pytestmark = pytest.mark.django_db


def test_a_reversal_that_comes_first_takes_back_no_other_customers_event(bank: Any) -> None:
    campaign = a_campaign()
    event = an_event("C1")
    back = its_reversal(event, customer_number="C2")
    take(back)
    (told,) = take(event)
    assert told.outcome == EventOutcome.REWARDED
    assert account(campaign).counted == 1
    assert Event.objects.get(event_id=back.event_id).outcome == EventOutcome.REFUSED
    assert take(its_reversal(event))[0].outcome == EventOutcome.REVERSED
    assert account(campaign).counted == 0


@pytest.mark.parametrize("cents", [0, 1_000])
def test_an_event_without_amount_stays_reversed_by_any_reversal_before_it(
    bank: Any, cents: int
) -> None:
    a_campaign(kind="activation_gift", events=["activation"], conditions=[])
    event = an_event("C1", 0, kind="activation", scene="")
    take(its_reversal(event, cents))
    assert take(event)[0].outcome == EventOutcome.VOID


@pytest.mark.parametrize("cents", [5_000, 6_000])
def test_what_was_wholly_taken_back_before_it_came_is_not_taken_back_again(
    bank: Any, cents: int
) -> None:
    a_campaign()
    event = an_event("C1", 5_000)
    take(its_reversal(event, cents))
    assert take(event)[0].outcome == EventOutcome.VOID
    for more in (0, 1_000):
        assert take(its_reversal(event, more))[0].code == "already_reversed"


@pytest.mark.parametrize("together", [True, False])
def test_a_reversal_of_a_reversal_that_comes_first_holds_nothing_up(
    bank: Any, together: bool
) -> None:
    campaign = a_campaign()
    event = an_event("C1")
    back = its_reversal(event)
    of_back = its_reversal(back)
    take(event)
    if together:
        refused, told = take(of_back, back)
        assert refused.code == "is_reversal"
    else:
        assert take(of_back)[0].outcome == EventOutcome.WAITING
        (told,) = take(back)
        assert Event.objects.get(event_id=of_back.event_id).outcome == EventOutcome.REFUSED
    assert (told.status, told.outcome) == ("taken", EventOutcome.REVERSED)
    assert account(campaign).counted == 0
    assert take(back)[0].status == "duplicate"
    assert take(its_reversal(back))[0].code == "is_reversal"
    stored = Event.objects.get(event_id=back.event_id)
    assert (stored.outcome, stored.reverses is None) == (EventOutcome.REVERSED, False)
    assert is_even(campaign)


def test_a_used_coupon_goes_back_when_its_own_payment_is_refunded(bank: Any) -> None:
    once = [{"measure": "count", "period": "campaign", "per": "customer", "limit": 1}]
    campaign = a_campaign(limits=once)
    event = an_event("C1")
    take(event)
    apply()
    coupon_id = Effect.objects.get().coupon_id
    about = {"actor": actors.system("pay"), "coupon_id": coupon_id, "customer_number": "C1"}
    coupons.redeem_coupon(**about, order_cents=6000, scene="top_up", reference="O1", key="r1")
    take(its_reversal(event))
    apply()
    coupons.reverse_coupon(**about, amount_cents=100, key="b1")
    assert apply().number == 0
    coupons.reverse_coupon(**about, key="b2")
    assert apply().taken_back == 1
    assert Coupon.objects.get(pk=coupon_id).state == "voided"
    assert account(campaign).committed_cents == 0
    assert is_even(campaign)
    assert take(an_event("C1"))[0].outcome == EventOutcome.REWARDED
