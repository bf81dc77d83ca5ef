"""Events: each counts once, within limits and budget; a reversed one takes back what it gave."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.choices import EffectState, EventOutcome, ParticipationState
from campaigns.effects import applying
from campaigns.models import (
    BudgetEntry,
    Campaign,
    CampaignAccount,
    CampaignStep,
    Effect,
    Event,
    Participation,
)
from campaigns.services import apply_due, take_events, tie_out
from coupons import services as coupons
from coupons.life import actors
from coupons.models import Coupon
from mobile.taking_part import left_of
from publishing.services import draft_edited
from tests.approvals.people import publish
from tests.campaigns.making import (
    SYSTEM,
    a_campaign,
    a_customer,
    a_moment,
    a_template,
    an_event,
    its_reversal,
)
from tests.coupons.making import people, stock

pytestmark = pytest.mark.django_db


def take(*events: Any) -> list[Any]:
    return take_events(source=SYSTEM, events=events)


def account(campaign: Campaign) -> CampaignAccount:
    return CampaignAccount.objects.get(campaign=campaign)


def apply() -> Any:
    return apply_due(at=timezone.now())


def is_even(campaign: Campaign) -> bool:
    tie = tie_out(campaign.pk)
    assert tie.breaks == []
    return tie.is_even


def test_a_payment_that_qualifies_is_rewarded_with_a_coupon(bank: Any) -> None:
    campaign = a_campaign()
    customer = a_customer()
    (told,) = take(an_event(customer.number))
    assert (told.status, told.outcome) == ("taken", EventOutcome.REWARDED)
    assert told.participations[0]["campaign"] == str(campaign.uid)
    assert account(campaign).committed_cents == 500
    assert apply().given == 1
    coupon = Coupon.objects.get(customer_number=customer.number)
    assert coupon.state == "claimed"
    assert Effect.objects.get().coupon_id == coupon.pk
    assert is_even(campaign)


@pytest.mark.parametrize(
    "fields", [{"cents": 4999}, {"scene": "bills"}, {"kind": "activation"}, {"scene": ""}]
)
def test_what_does_not_qualify_leaves_the_event_alone(bank: Any, fields: Any) -> None:
    campaign = a_campaign()
    (told,) = take(an_event("C9", **fields))
    assert (told.status, told.outcome) == ("taken", EventOutcome.NO_CAMPAIGN)
    assert not Participation.objects.exists()
    assert account(campaign).committed_cents == 0


def test_an_event_counts_once_however_often_it_comes(bank: Any) -> None:
    campaign = a_campaign()
    event = an_event()
    first, second = take(event, event)
    assert (first.status, second.status) == ("taken", "duplicate")
    assert second.outcome == EventOutcome.REWARDED
    assert [each.status for each in take(event)] == ["duplicate"]
    assert account(campaign).counted == 1


@pytest.mark.parametrize("hours", [-23, -16, 0, 8, 16, 23])
def test_in_whatever_zone_its_time_is_told_it_is_the_same_event(bank: Any, hours: int) -> None:
    event = an_event()
    zone = timezone.get_fixed_timezone(hours * 60 + 45)
    again = replace(event, occurred_at=event.occurred_at.astimezone(zone))
    assert [each.status for each in take(again, event)] == ["taken", "duplicate"]
    assert take(event)[0].status == "duplicate"
    assert Event.objects.get().occurred_at == event.occurred_at


def test_another_event_under_the_same_id_is_refused(bank: Any) -> None:
    a_campaign()
    event = an_event()
    take(event)
    (told,) = take(an_event(event_id=event.event_id, cents=9000))
    assert (told.status, told.code) == ("refused", "event_id_reused")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"occurred_at": timezone.now() + timedelta(days=1)}, "future"),
        ({"occurred_at": timezone.now() - timedelta(days=400)}, "too_old"),
        ({"kind": "gift"}, "unknown_kind"),
        ({"kind": "joined"}, "unknown_kind"),
        ({"cents": -1}, "bad_amount"),
        ({"customer": "no such"}, "bad_customer"),
        ({"event_id": ""}, "bad_event_id"),
        ({"event_id": "x" * 101}, "bad_event_id"),
        ({"scene": "casino"}, "unknown_scene"),
        ({"event_id": "E-same", "reverses": "E-same"}, "bad_reverses"),
    ],
)
def test_a_bad_event_gets_a_sentence_and_the_others_land(bank: Any, fields: Any, code: str) -> None:
    a_campaign()
    bad, good = take(an_event(**fields), an_event("C2"))
    assert (bad.status, bad.code) == ("refused", code)
    assert bad.detail.endswith(".")
    assert good.outcome == EventOutcome.REWARDED
    assert Event.objects.count() == 1


def test_a_late_event_counts_for_when_it_happened(bank: Any) -> None:
    now = timezone.now()
    campaign = a_campaign(ends_at=now + timedelta(seconds=30))
    late = now + timedelta(days=3)
    (told,) = take_events(source=SYSTEM, events=[an_event("C1")], at=late)
    assert told.outcome == EventOutcome.REWARDED
    after = an_event("C2", occurred_at=now + timedelta(hours=2))
    (told,) = take_events(source=SYSTEM, events=[after], at=late)
    assert told.outcome == EventOutcome.NO_CAMPAIGN
    assert account(campaign).counted == 1


# --- limits and budget ---------------------------------------------------------------------------
def test_limits_count_by_customer_day_and_campaign(bank: Any) -> None:
    limits = [
        {"measure": "count", "period": "day", "per": "customer", "limit": 1},
        {"measure": "count", "period": "campaign", "per": "campaign", "limit": 3},
    ]
    campaign = a_campaign(limits=limits)
    yesterday = a_moment() - timedelta(days=1)
    told = take(
        an_event("C1"), an_event("C1"), an_event("C1", occurred_at=yesterday), an_event("C2"),
        an_event("C3"),
    )  # fmt: skip
    assert [each.outcome for each in told] == [
        "rewarded", "refused", "rewarded", "rewarded", "refused",
    ]  # fmt: skip
    assert told[1].participations[0]["refusal"] == "limit"
    assert told[1].participations[0]["detail"] == "count:day:customer:1"
    assert account(campaign).counted == 3
    assert is_even(campaign)


def test_the_budget_stops_the_campaign_by_itself_and_tells_its_marks(bank: Any) -> None:
    campaign = a_campaign(budget_cents=2_100)
    told = take(*[an_event(f"C{number}") for number in range(6)])
    assert [each.outcome for each in told] == ["rewarded"] * 4 + ["refused"] * 2
    assert told[4].participations[0]["refusal"] == "budget"
    assert account(campaign).committed_cents == 2_000
    marks = CampaignStep.objects.order_by("id").values_list("what", flat=True)
    assert list(marks) == ["mark_80", "mark_95", "mark_100"]
    assert is_even(campaign)


def test_what_comes_back_to_a_used_up_budget_is_offered_again(bank: Any) -> None:
    campaign = a_campaign(budget_cents=1_000)
    first = an_event("C1")
    take(first, an_event("C2"), an_event("C3"))
    assert left_of(account(campaign)) == "nothing"
    take(its_reversal(first))
    assert left_of(account(campaign)) != "nothing"
    (again,) = take(an_event("C4"))
    assert again.outcome == EventOutcome.REWARDED
    assert left_of(account(campaign)) == "nothing"


def test_a_raised_budget_is_no_longer_used_up(bank: Any) -> None:
    campaign = a_campaign(budget_cents=1_000)
    take(an_event("C1"), an_event("C2"), an_event("C3"))
    _published_anew(campaign, budget_cents=4_000)
    assert left_of(account(campaign)) == "plenty"
    take(*[an_event(f"D{number}") for number in range(7)])
    assert account(campaign).committed_cents == 4_000
    told = CampaignStep.objects.order_by("id").values_list("what", flat=True)
    assert list(told) == ["mark_80", "mark_95", "mark_100"] * 2


@pytest.mark.parametrize("state", ["paused", "stopped", "pulled", "ended"])
def test_a_campaign_that_is_switched_off_pays_nothing(bank: Any, state: str) -> None:
    campaign = a_campaign()
    take(an_event("C0"))
    CampaignAccount.objects.filter(campaign=campaign).update(run_state=state)
    (told,) = take(an_event("C1"))
    assert told.outcome == EventOutcome.REFUSED
    assert account(campaign).counted == 1


def test_earlier_participations_are_counted_in_the_same_transaction(bank: Any) -> None:
    first_two = [{"kind": "times", "least": 0, "most": 1}]
    campaign = a_campaign(conditions=first_two)
    told = take(an_event("C1"), an_event("C1"), an_event("C1"))
    assert [each.outcome for each in told] == ["rewarded", "rewarded", "no_campaign"]
    assert account(campaign).counted == 2


# --- rewards -------------------------------------------------------------------------------------
def test_a_pool_gives_what_is_left_when_the_drawn_template_is_empty(bank: Any) -> None:
    empty, full = a_template(0), a_template(2, face_min_cents=300, face_max_cents=300)
    pool = {
        "kind": "grant_from_pool",
        "templates": [
            {"template": empty.pk, "weight": 1000}, {"template": full.pk, "weight": 1},
        ],
    }  # fmt: skip
    campaign = a_campaign(empty, effects=[pool])
    take(an_event("C1"))
    assert account(campaign).committed_cents == 500
    assert apply().given == 1
    assert account(campaign).committed_cents == 300
    assert BudgetEntry.objects.filter(kind="settle", cents=-200).exists()
    assert is_even(campaign)


def test_a_coupon_worth_more_than_was_set_aside_is_paid_from_the_budget_or_not_given(
    bank: Any,
) -> None:
    template = a_template(0)
    campaign = a_campaign(template, budget_cents=1_500)
    take(an_event("C1"), an_event("C2"))
    stock(template, 2, face_cents=800)
    done = apply()
    assert (done.given, done.failed) == (1, 1)
    assert account(campaign).committed_cents == 800
    assert is_even(campaign)


def test_a_reward_that_breaks_holds_up_no_other(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = a_campaign()
    take(an_event("C1"), an_event("C2"))
    given = applying._given

    def breaks_for_one(effect: Effect, at: Any) -> Any:
        if effect.customer_number == "C1":
            raise RuntimeError("broken")
        return given(effect, at)

    monkeypatch.setattr(applying, "_given", breaks_for_one)
    done = apply()
    assert (done.given, done.later) == (1, 1)
    assert Coupon.objects.filter(customer_number="C2").exists()
    monkeypatch.undo()
    assert apply_due(at=timezone.now() + timedelta(hours=1)).given == 1
    assert is_even(campaign)


def test_without_coupons_the_reward_is_tried_again_and_then_given_back(bank: Any) -> None:
    campaign = a_campaign(a_template(0))
    take(an_event("C1"))
    at = timezone.now()
    for _attempt in range(8):
        apply_due(at=at)
        at += timedelta(days=1)
    effect = Effect.objects.get()
    assert effect.state == EffectState.FAILED
    assert effect.problem
    assert account(campaign).committed_cents == 0
    assert is_even(campaign)


def test_a_tag_is_given_and_taken_back_with_the_event(bank: Any) -> None:
    customer = a_customer()
    campaign = a_campaign(effects=[{"kind": "tag_customer", "tag": "vip"}])
    event = an_event(customer.number)
    take(event)
    apply()
    customer.refresh_from_db()
    assert customer.tags == ["vip"]
    take(its_reversal(event))
    apply()
    customer.refresh_from_db()
    assert customer.tags == []
    assert is_even(campaign)


# --- reversals -----------------------------------------------------------------------------------
def test_a_reversed_event_takes_its_coupon_back(bank: Any) -> None:
    limits = [{"measure": "count", "period": "campaign", "per": "customer", "limit": 1}]
    campaign = a_campaign(limits=limits)
    event = an_event("C1")
    take(event)
    apply()
    (told,) = take(its_reversal(event))
    assert (told.status, told.outcome) == ("taken", EventOutcome.REVERSED)
    assert apply().taken_back == 1
    assert Coupon.objects.get(customer_number="C1").state == "voided"
    assert account(campaign).committed_cents == 0
    assert account(campaign).counted == 0
    assert is_even(campaign)
    (again,) = take(an_event("C1"))
    assert again.outcome == EventOutcome.REWARDED


def test_reversed_before_the_coupon_is_given_nothing_is_given(bank: Any) -> None:
    campaign = a_campaign()
    event = an_event("C1")
    take(event)
    take(its_reversal(event))
    assert apply().number == 0
    assert Effect.objects.get().state == EffectState.CANCELLED
    assert not Coupon.objects.filter(customer_number="C1").exists()
    assert is_even(campaign)


def test_a_reversal_may_come_before_its_event(bank: Any) -> None:
    campaign = a_campaign()
    event = an_event("C1")
    back = its_reversal(event)
    (early,) = take(back)
    assert early.outcome == EventOutcome.WAITING
    (told,) = take(event)
    assert (told.status, told.outcome) == ("taken", EventOutcome.VOID)
    assert account(campaign).counted == 0
    assert [each.status for each in take(event, back)] == ["duplicate", "duplicate"]
    assert Event.objects.get(event_id=back.event_id).outcome == EventOutcome.REVERSED


def test_in_one_batch_the_order_does_not_matter(bank: Any) -> None:
    campaign = a_campaign()
    event = an_event("C1")
    told = take(its_reversal(event), event)
    assert [each.outcome for each in told] == ["reversed", "rewarded"]
    assert account(campaign).counted == 0
    assert is_even(campaign)


def test_a_used_coupon_stays_and_its_cost_with_it(bank: Any) -> None:
    campaign = a_campaign()
    event = an_event("C1")
    take(event)
    apply()
    coupon_id = Effect.objects.get().coupon_id
    coupons.redeem_coupon(
        actor=actors.system("pay"), coupon_id=coupon_id, customer_number="C1", order_cents=6000,
        scene="top_up", reference="O1", key="r1",
    )  # fmt: skip
    take(its_reversal(event))
    apply()
    assert Effect.objects.get().state == EffectState.KEPT
    assert account(campaign).committed_cents == 500
    assert is_even(campaign)


def test_a_part_that_is_taken_back_counts_when_the_rest_is_too_little(bank: Any) -> None:
    campaign = a_campaign()
    event = an_event("C1", 8000)
    take(event)
    apply()
    take(its_reversal(event, 2000))
    assert account(campaign).counted == 1
    (told,) = take(its_reversal(event, 2000))
    assert told.outcome == EventOutcome.REVERSED
    apply()
    assert account(campaign).counted == 0
    assert Participation.objects.get().state == ParticipationState.REVERSED
    assert is_even(campaign)


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"cents": 9000}, "more_than_left"), ({"customer_number": "C2"}, "other_customer")],
)
def test_a_wrong_reversal_changes_nothing(bank: Any, fields: Any, code: str) -> None:
    campaign = a_campaign()
    event = an_event("C1")
    take(event)
    (told,) = take(its_reversal(event, **fields))
    assert (told.status, told.code) == ("refused", code)
    assert account(campaign).counted == 1
    assert Event.objects.count() == 1


def test_neither_a_second_reversal_nor_one_of_a_reversal(bank: Any) -> None:
    a_campaign()
    event = an_event("C1")
    back = its_reversal(event)
    take(event, back)
    codes = [take(its_reversal(each))[0].code for each in (event, back)]
    assert codes == ["already_reversed", "is_reversal"]


# --- what coupons tell ---------------------------------------------------------------------------
def test_redeeming_and_refunding_the_discount_is_the_campaigns_to_the_cent(bank: Any) -> None:
    campaign = a_campaign()
    take(an_event("C1"))
    apply()
    coupon_id = Effect.objects.get().coupon_id
    about = {"actor": actors.system("pay"), "coupon_id": coupon_id, "customer_number": "C1"}
    coupons.lock_coupon(**about, order_cents=5000, scene="top_up", reference="O1", key="l")
    told = coupons.redeem_coupon(**about, reference="O1", key="r").body
    assert (told["order_cents"], told["pay_cents"]) == (5000, 4500)
    assert is_even(campaign)
    assert tie_out(campaign.pk).sums["figures_province_cents"] == 150
    coupons.reverse_coupon(**about, amount_cents=333, key="b")
    assert is_even(campaign)
    coupons.reverse_coupon(**about, key="b2")
    assert is_even(campaign)
    assert tie_out(campaign.pk).sums["figures_redeemed_cents"] == 0


def _published_anew(campaign: Campaign, **fields: Any) -> None:
    campaign.refresh_from_db()
    for name, value in fields.items():
        setattr(campaign, name, value)
    draft_edited(actor=people()[0], draft=campaign)
    campaign.save()
    publish(*people(), campaign)


# --- versions ------------------------------------------------------------------------------------
def test_an_event_is_judged_by_the_version_that_held_when_it_happened(bank: Any) -> None:
    campaign = a_campaign()
    before = an_event("C1", occurred_at=timezone.now())
    campaign.refresh_from_db()
    campaign.conditions = [
        {"kind": "scene", "values": ["bills"]}, {"kind": "amount", "least_cents": 100},
    ]  # fmt: skip
    draft_edited(actor=people()[0], draft=campaign)
    campaign.save()
    publish(*people(), campaign)
    after = timezone.now()
    cases = [
        before,
        an_event("C2", occurred_at=after),
        an_event("C3", 100, occurred_at=after, scene="bills"),
        an_event("C4", 9000, occurred_at=before.occurred_at, scene="bills"),
    ]
    told = take_events(source=SYSTEM, events=cases, at=after)
    assert [each.outcome for each in told] == [
        "rewarded", "no_campaign", "rewarded", "no_campaign",
    ]  # fmt: skip
    assert is_even(campaign)
