"""Many at once: each event pays once, no limit and no budget is passed, the books agree."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import CampaignAccount, Effect, Event
from campaigns.services import apply_due, join_campaign, take_events, tie_out
from coupons.models import Coupon
from tests.approvals.racing import at_once, racing_bank
from tests.campaigns.making import (
    SYSTEM,
    a_campaign,
    a_claim_page,
    a_template,
    an_event,
    its_reversal,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def racing(django_db_setup: Any) -> Iterator[Any]:
    with racing_bank() as bank:
        yield bank


def take(*events: Any) -> list[Any]:
    return take_events(source=SYSTEM, events=events)


def account() -> CampaignAccount:
    return CampaignAccount.objects.get()


def test_a_hundred_parallel_copies_of_one_event_pay_once(racing: Any) -> None:
    campaign = a_campaign()
    event = an_event()
    told = at_once(racing, *[partial(take, event)] * 25, *[partial(take, event, event)] * 25)
    found = Counter(each.status for answer in told for each in answer)
    assert found == {"taken": 1, "duplicate": 74}
    at_once(racing, *[partial(apply_due, at=timezone.now())] * 8)
    assert Coupon.objects.filter(state="claimed").count() == 1
    assert account().committed_cents == 500
    assert tie_out(campaign.pk).breaks == []


def test_an_event_and_its_reversal_cannot_pass_each_other(racing: Any) -> None:
    campaign = a_campaign()
    pairs = [(event, its_reversal(event)) for event in (an_event(f"C{n}") for n in range(20))]
    calls = [partial(take, each) for pair in pairs for each in pair]
    random.Random(7).shuffle(calls)
    told = at_once(racing, *calls)
    assert {each.status for answer in told for each in answer} == {"taken"}
    apply_due(at=timezone.now())
    assert account().counted == 0
    assert account().committed_cents == 0
    assert set(Event.objects.values_list("outcome", flat=True)) <= {"rewarded", "void", "reversed"}
    assert tie_out(campaign.pk).breaks == []


def test_limits_and_budget_hold_among_threads(racing: Any) -> None:
    limits = [
        {"measure": "count", "period": "day", "per": "customer", "limit": 2},
        {"measure": "count", "period": "campaign", "per": "campaign", "limit": 30},
    ]
    campaign = a_campaign(limits=limits, budget_cents=12_700)
    batches = [[an_event(f"C{n % 7}") for n in range(5)] for _each in range(20)]
    told = at_once(racing, *[partial(take, *events) for events in batches])
    found = Counter(each.outcome for answer in told for each in answer)
    assert found == {"rewarded": 10, "refused": 90}
    assert account().counted == 10
    told = at_once(racing, *[partial(take, an_event(f"D{n}")) for n in range(20)])
    assert Counter(each.outcome for (each,) in told) == {"rewarded": 15, "refused": 5}
    assert account().committed_cents == 12_500
    assert tie_out(campaign.pk).breaks == []


def test_rewards_are_given_once_by_many_workers_while_events_are_reversed(racing: Any) -> None:
    campaign = a_campaign(a_template(200))
    events = [an_event(f"C{number}") for number in range(60)]
    take(*events)
    work: list[Any] = [partial(apply_due, at=timezone.now()) for _each in range(6)]
    work += [partial(take, its_reversal(event)) for event in events[::4]]
    told = at_once(racing, *work)
    assert not [each for each in told if isinstance(each, Exception)]
    apply_due(at=timezone.now())
    assert Coupon.objects.filter(state="claimed").count() == 45
    assert account().counted == 45
    assert Effect.objects.filter(due_at__isnull=False).count() == 0
    assert tie_out(campaign.pk).breaks == []


def test_one_customer_on_many_phones_joins_once(racing: Any) -> None:
    campaign = a_claim_page()
    calls = [
        partial(join_campaign, customer_number="C1", campaign_uid=campaign.uid, key=f"k{n % 10}")
        for n in range(40)
    ]
    told = at_once(racing, *calls)
    joined = [each for each in told if not isinstance(each, Exception)]
    assert {type(each).__name__ for each in told} == {"Joined", "NotRewarded"}
    assert len({each.body["id"] for each in joined}) == 1
    assert Coupon.objects.filter(customer_number="C1").count() == 1
    assert tie_out(campaign.pk).breaks == []
