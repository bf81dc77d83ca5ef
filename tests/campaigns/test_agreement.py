"""The dry run says of an event what the engine then does with it, whatever a campaign asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from announcements.catalogue.models import AppFunction
from announcements.choices import FunctionGroup
from campaigns.choices import ConditionKind, EventOutcome
from campaigns.designing.trials import try_out
from campaigns.models import Campaign, CampaignAccount
from campaigns.services import GivenEvent, Tried, take_events
from customers.weeks import SHANGHAI
from publishing.services import draft_edited
from tests.approvals.people import publish
from tests.campaigns.making import SYSTEM, a_campaign, a_customer, an_event, forget
from tests.coupons.making import people

pytestmark = pytest.mark.django_db
# An evening in the middle of a month: nothing hangs on the day of the run.
AT = (datetime.now(SHANGHAI) - timedelta(days=60)).replace(
    day=15, hour=20, minute=30, second=0, microsecond=0
)
PERIOD = {"starts_at": AT - timedelta(days=40)}
CONDITIONS: dict[str, list[dict[str, Any]]] = {
    ConditionKind.AMOUNT: [
        {"least_cents": 5000, "most_cents": None}, {"least_cents": 0, "most_cents": 5000},
        {"least_cents": 5000, "most_cents": 5000},
    ],
    ConditionKind.SCENE: [
        {"values": ["top_up"]}, {"values": ["bills", "merchant:8800"]},
    ],
    ConditionKind.AUDIENCE: [
        {"rule": {"all": [{"field": "groups", "op": "any", "values": ["payroll"]}]}}, {"rule": {}},
    ],
    ConditionKind.WEEKDAYS: [{"values": [AT.isoweekday()]}, {"values": [AT.isoweekday() % 7 + 1]}],
    ConditionKind.HOURS: [
        {"from": "20:30", "until": "20:31"}, {"from": "08:00", "until": "20:30"},
        {"from": "22:00", "until": "06:00"},
    ],
    ConditionKind.NEW_CUSTOMER: [{"days": 30}],
    ConditionKind.HAS_TAG: [
        {"values": ["vip"], "wanted": True}, {"values": ["vip"], "wanted": False},
    ],
    ConditionKind.TIMES: [{"least": 1, "most": None}, {"least": 0, "most": 1}],
}  # fmt: skip


def agreed(campaign: Campaign, event: GivenEvent, at: datetime | None = None) -> bool:
    """Whether both give a reward; they must say the same."""
    at = at or timezone.now()
    tried = Tried(
        kind=event.kind, customer_number=event.customer_number, occurred_at=event.occurred_at,
        amount_cents=event.amount_cents, scene=event.scene,
    )  # fmt: skip
    campaign = Campaign.objects.select_related("account").get(pk=campaign.pk)
    trial = try_out(campaign=campaign, tried=tried, of_draft=False, at=at).trial
    (told,) = take_events(source=SYSTEM, events=[event], at=at)
    assert told.status == "taken"
    assert trial.would_reward == (told.outcome == EventOutcome.REWARDED), (event, trial)
    if told.outcome == EventOutcome.REFUSED:
        assert trial.refusal == told.participations[0]["refusal"]
    return trial.would_reward


def crowd() -> list[str]:
    """A stranger to the bank among them."""
    day = AT.date()
    known = [
        a_customer("K1", groups=["payroll"], tags=["vip"], opened_on=day),
        a_customer("K2", groups=["loan"], tags=["other"], opened_on=day - timedelta(days=30)),
        a_customer("K3", opened_on=day - timedelta(days=31)),
        a_customer("K4", opened_on=day + timedelta(days=1)),
    ]
    return [*(each.number for each in known), "UNKNOWN1"]


def test_every_condition_of_the_closed_list_is_tried() -> None:
    assert set(CONDITIONS) == set(ConditionKind.values)


@pytest.mark.parametrize("kind", CONDITIONS)
def test_both_judge_by_the_condition_alike(bank: Any, kind: str) -> None:
    numbers, answers = crowd(), set()
    for condition in CONDITIONS[kind]:
        campaign = a_campaign(conditions=[{"kind": kind, **condition}], **PERIOD)
        for customer in numbers:
            for cents, scene in ((4999, "top_up"), (5000, "merchant:8800"), (5001, "bills")):
                event = an_event(customer, cents, scene=scene, occurred_at=AT)
                answers.add(agreed(campaign, event))
        CampaignAccount.objects.filter(campaign=campaign).update(live_version=None)
        forget()
    assert answers == {True, False}


def test_both_know_the_period_to_the_second_and_how_late_is_too_late(bank: Any) -> None:
    ends = timezone.now().replace(microsecond=0) + timedelta(days=3)
    campaign = a_campaign(conditions=[], starts_at=AT, ends_at=ends)
    second = timedelta(seconds=1)
    in_time = ends + timedelta(days=30)
    moments = {AT - second: False, AT: True, ends - second: True, ends: False}
    for occurred_at, expected in moments.items():
        event = an_event("C1", occurred_at=occurred_at)
        assert agreed(campaign, event, in_time) is expected
    late = ends + timedelta(days=33)
    forget()
    assert not agreed(campaign, an_event("C1", occurred_at=AT), late)


def test_both_judge_by_the_version_that_held_when_it_happened(bank: Any) -> None:
    campaign = a_campaign(conditions=[{"kind": "scene", "values": ["top_up"]}], **PERIOD)
    campaign.refresh_from_db()
    campaign.conditions = [{"kind": "scene", "values": ["bills"]}]
    draft_edited(actor=people()[0], draft=campaign)
    campaign.save()
    publish(*people(), campaign)
    # As if the second had been published a day after the first, and that long ago.
    for version, moment in ((1, AT), (2, AT + timedelta(days=1))):
        _published_at(version, moment)
    forget()
    assert agreed(campaign, an_event("C1", occurred_at=AT + timedelta(hours=2)))
    assert not agreed(campaign, an_event("C1", occurred_at=AT + timedelta(days=2)))
    assert agreed(campaign, an_event("C1", occurred_at=AT + timedelta(days=2), scene="bills"))


def test_both_know_limits_budget_and_switches(bank: Any) -> None:
    limits = [
        {"measure": "count", "period": "day", "per": "customer", "limit": 1},
        {"measure": "amount", "period": "month", "per": "branch", "limit": 1_500},
    ]
    campaign = a_campaign(limits=limits, budget_cents=1_999, **PERIOD)
    yesterday, last_month = AT - timedelta(days=1), AT - timedelta(days=31)
    cases = [
        ("C1", AT, True), ("C1", AT, False), ("C1", yesterday, True), ("C2", AT, True),
        ("C3", AT, False), ("C3", last_month, False),
    ]  # fmt: skip
    for customer, occurred_at, expected in cases:
        assert agreed(campaign, an_event(customer, occurred_at=occurred_at)) is expected
    CampaignAccount.objects.filter(campaign=campaign).update(run_state="paused")
    assert not agreed(campaign, an_event("C9", occurred_at=last_month))


def _published_at(version: int, moment: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_campaignterms SET published_at = %s WHERE version = %s",
            [moment, version],
        )


@pytest.mark.parametrize("scene", ["deposit", "function:time_deposit"])
def test_of_deposits_nothing_is_rewarded_also_without_a_condition_on_scenes(
    bank: Any, scene: str
) -> None:
    AppFunction.objects.create(code="time_deposit", name="存款", group=FunctionGroup.DEPOSIT)
    campaign = a_campaign(conditions=[], **PERIOD)

    assert not agreed(campaign, an_event("C1", occurred_at=AT, scene=scene))
    assert agreed(campaign, an_event("C1", occurred_at=AT, scene="merchant:8800"))
