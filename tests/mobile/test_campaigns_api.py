"""Campaigns and events in the channel API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns.models import CampaignAccount, DayFigure, Event, Participation
from coupons.models import Coupon
from customers.models import Customer
from mobile import editions, switches
from tenants.services import announce_change
from tests.coupons.making import live_template
from tests.mobile.marketing import CAMPAIGNS, event, join, live_campaign, report
from tests.mobile.phones import Phone
from tests.mobile.wallets import system


def codes(answer: Any) -> list[tuple[str, str]]:
    return [(each["status"], each["code"]) for each in answer.json()["results"]]


def test_a_live_campaign_stands_on_the_home_page_and_in_the_list(bank: Any) -> None:
    campaign = live_campaign()

    home, listed = Phone().home()["campaigns"], Phone().get(CAMPAIGNS)

    assert [each["id"] for each in home] == [str(campaign.uid)]
    assert home[0]["state"] == "running"
    assert listed.json()["campaigns"] == home
    assert Phone().home("?mode=senior")["campaigns"] == []


def test_what_is_switched_shows_at_once(bank: Any) -> None:
    campaign = live_campaign()
    phone, states = Phone(), []
    phone.home()

    for state in ("paused", "stopped", "pulled", "ended"):
        CampaignAccount.objects.update(run_state=state)
        announce_change(bank.schema_name)
        page = phone.get(f"{CAMPAIGNS}/{campaign.uid}").json()
        shown = [each["state"] for each in phone.home()["campaigns"]]
        states.append((state, shown, page["state"]))

    assert states == [
        ("paused", ["paused"], "paused"),
        ("stopped", [], "stopped"),
        ("pulled", [], "stopped"),
        ("ended", [], "ended"),
    ]


def test_a_used_up_budget_shows_soon_and_on_the_page_at_once(bank: Any, monkeypatch: Any) -> None:
    campaign, phone = live_campaign(), Phone()
    CampaignAccount.objects.update(mark=100)

    before = phone.home()["campaigns"][0]["state"]
    page = phone.get(f"{CAMPAIGNS}/{campaign.uid}").json()
    monkeypatch.setattr(switches, "MAX_AGE_SECONDS", -1)

    assert (page["state"], page["left"]) == ("used_up", "nothing")
    assert phone.home()["campaigns"][0]["state"] == "used_up", before


def test_what_is_switched_is_read_once_and_not_at_every_request(bank: Any) -> None:
    live_campaign()

    assert editions.current_feed(bank) is editions.current_feed(bank)


def test_joining_gives_the_coupon_once_and_the_page_tells_of_it(bank: Any) -> None:
    Customer.objects.create(number="C1")
    campaign, phone = live_campaign(), Phone()

    first = join(phone, campaign, "k1")
    again = join(phone, campaign, "k1")
    another = join(phone, campaign, "k2")

    assert first.status_code == 200, first.content
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (another.status_code, another.json()["code"]) == (409, "limit")
    coupon = Coupon.objects.get(customer_number="C1")
    assert [each["coupon"] for each in first.json()["rewards"]] == [coupon.pk]
    page = phone.get(f"{CAMPAIGNS}/{campaign.uid}").json()
    assert [each["state"] for each in page["participations"]].count("counted") == 1
    assert [each["id"] for each in page["coupons"]] == [coupon.pk]
    assert (page["left"], page["can_join"]) == ("plenty", True)
    assert page["rewards"][0]["coupons"][0]["name"] == "Five off"


def test_a_customer_sees_no_other_customers_participations(bank: Any) -> None:
    campaign = live_campaign()
    join(Phone(), campaign)

    page = Phone(number="C2").get(f"{CAMPAIGNS}/{campaign.uid}").json()

    assert page["participations"] == page["coupons"] == []


def test_each_opening_of_the_page_counts_as_a_visit(bank: Any) -> None:
    campaign = live_campaign()

    Phone().get(f"{CAMPAIGNS}/{campaign.uid}")
    Phone(number=None).get(f"{CAMPAIGNS}/{campaign.uid}")

    assert sum(DayFigure.objects.values_list("visits", flat=True)) == 2


def test_what_is_not_live_or_not_ones_own_cannot_be_opened_or_joined(bank: Any) -> None:
    borrowers = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
    hidden = live_campaign(audience=borrowers)
    live = live_campaign()
    unknown = "2f6a1c9e-5d0b-4a86-9c1f-0b1f6f4c7d21"
    phone, elsewhere = Phone(), Phone("beta")

    opened = [
        each.get(f"{CAMPAIGNS}/{uid}").status_code
        for each, uid in (
            (phone, hidden.uid), (phone, unknown), (phone, "no-id"), (elsewhere, live.uid)
        )
    ]  # fmt: skip
    assert opened == [404] * 4
    joined = [join(phone, hidden), join(phone, unknown), join(phone, "no-id"),
              join(elsewhere, live)]  # fmt: skip
    assert [each.status_code for each in joined] == [409, 404, 404, 404]
    assert not Participation.objects.filter(state="counted").exists()


def test_only_a_signed_in_customer_joins_and_only_with_a_key(bank: Any) -> None:
    campaign = live_campaign()

    answers = [
        join(Phone(number=None), campaign), join(system(), campaign),
        join(Phone(), campaign, None), join(Phone(), campaign, body={"customer": "C2"}),
    ]  # fmt: skip

    assert [each.status_code for each in answers] == [403, 403, 400, 400]
    assert not Event.objects.exists()


# --- events ---------------------------------------------------------------------------------------
def payments(**fields: Any) -> Any:
    return live_campaign(
        live_template(title="Back"), kind="spend_and_get", events=["payment"],
        conditions=[{"kind": "amount", "least_cents": 5000, "most_cents": None}], **fields,
    )  # fmt: skip


def test_a_batch_is_answered_event_by_event_in_its_order(bank: Any) -> None:
    payments()
    given = event("E-1")
    ahead = (timezone.now() + timedelta(hours=1)).isoformat()

    answer = report(
        system(), given, event("E-2", kind="dance"), event("E-3", occurred_at=ahead),
        event("E-4", amount_cents="much"), {**event("E-5"), "bank": "beta"}, "text", given,
        event("E-6", customer="C2", amount_cents=100),
        {name: value for name, value in event("E-7").items() if name != "customer"},
        event("E-8", occurred_at="2026-07-01T09:00:00"),
    )  # fmt: skip

    assert answer.status_code == 200
    assert codes(answer) == [
        ("taken", ""), ("refused", "unknown_kind"), ("refused", "future"),
        ("refused", "bad_event"), ("refused", "bad_event"), ("refused", "bad_event"),
        ("duplicate", ""), ("taken", ""), ("refused", "bad_event"), ("refused", "bad_time"),
    ]  # fmt: skip
    document = answer.json()
    assert (document["taken"], document["duplicates"], document["refused"]) == (2, 1, 7)
    assert all(each["detail"] for each in document["results"] if each["status"] == "refused")
    assert document["results"][0]["participations"][0]["title"] == "A gift for joining"
    assert set(Event.objects.values_list("event_id", flat=True)) == {"E-1", "E-6"}


def test_events_pay_once_however_often_they_come_and_a_reversal_takes_it_back(bank: Any) -> None:
    campaign, given = payments(), event("E-1")

    first, again = report(system(), given), report(system("other"), given)
    assert codes(first) == [("taken", "")]
    assert codes(again) == [("duplicate", "")]
    assert Participation.objects.filter(state="counted").count() == 1

    back = report(system(), event("E-9", reverses="E-1"))
    assert codes(back) == [("taken", "")]
    assert Participation.objects.get(campaign=campaign).state == "reversed"


def test_events_come_from_systems_alone_and_in_batches_that_can_be_held(bank: Any) -> None:
    payments()

    answers = [
        report(Phone(), event()), report(Phone(number=None), event()),
        report(system(), raw=b"[1]"), report(system(), raw=b"{"),
        report(system(), *[{}] * 501), report(system(), raw=b"x" * (256 * 1024 + 1)),
        system().get("/api/channel/v1/events"),
    ]  # fmt: skip

    assert [each.status_code for each in answers] == [403, 403, 400, 400, 413, 413, 405]
    assert not Event.objects.exists()


def test_a_token_of_another_bank_reports_nothing(bank: Any) -> None:
    phone = system()
    phone.client.defaults["HTTP_HOST"] = "beta.localhost"

    assert report(phone, event()).status_code == 403
