from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from campaigns import events
from campaigns.models import Campaign, DayFigure, DayTie, Event, Participation
from campaigns.running.budgets import BudgetBar
from campaigns.running.switches import pause_campaign, stop_campaign
from campaigns.services import apply_due, take_events, tie_out
from tests.approvals.people import make_operator, sign_in
from tests.campaigns.console.drafting import ONCE
from tests.campaigns.making import (
    SYSTEM,
    a_campaign,
    a_customer,
    a_draft,
    an_event,
    its_reversal,
)
from tests.coupons.making import people
from tests.operators.people import make_branch

NOT_OURS = "No customer of your bank has this number. Correct it or leave it empty."
LIST = "/admin/campaigns/campaign/"


@pytest.fixture
def maker(bank: Any) -> Client:
    return sign_in(people()[0])


def with_news(**fields: Any) -> Campaign:
    """C1 and C2 rewarded, C2 reversed; C1 refused a second time."""
    campaign = a_campaign(limits=[ONCE], **fields)
    given = [an_event("C1"), an_event("C2"), an_event("C1")]
    take_events(source=SYSTEM, events=given)
    take_events(source=SYSTEM, events=[its_reversal(given[1])])
    apply_due(at=timezone.now())
    return campaign


# --- figures --------------------------------------------------------------------------------------
def test_the_page_of_a_campaign_shows_what_the_books_say(maker: Client) -> None:
    campaign = with_news()
    tie_out(campaign.pk)

    page = maker.get(f"{LIST}{campaign.pk}/figures/")

    shown = page.context
    assert (shown["total"].participations, shown["total"].refusals) == (1, 1)
    assert (shown["total"].reversals, shown["total"].committed_cents) == (1, 500)
    assert sum(day.counts.participations for day in shown["days"]) == 1
    assert shown["bar"].committed == "5.00"
    assert "ties out" in page.content.decode()
    assert all(line.is_even for line in shown["books"])


def test_books_that_do_not_tie_out_say_so(maker: Client) -> None:
    campaign = with_news()
    DayFigure.objects.update(committed_cents=499)

    maker.post(f"{LIST}{campaign.pk}/figures/tie-out/")
    page = maker.get(f"{LIST}{campaign.pk}/figures/").content.decode()

    assert not DayTie.objects.get().is_even
    assert "does not tie out" in page
    assert "4.99" in page


@pytest.mark.parametrize(
    ("committed", "percent", "tone"),
    [(0, 0, "ok"), (7_999, 79, "ok"), (8_000, 80, "near"), (9_500, 95, "short"),
     (9_999, 99, "short"), (10_000, 100, "out")],
)  # fmt: skip
def test_the_bar_changes_at_its_marks(committed: int, percent: int, tone: str) -> None:
    bar = BudgetBar(10_000, committed)

    assert (bar.percent, bar.tone) == (percent, tone)


def test_the_figures_can_be_taken_out_and_that_is_told(maker: Client) -> None:
    campaign = with_news()

    file = maker.post(f"{LIST}{campaign.pk}/figures/export/", {"days": "7"})

    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    # Headers, days and what was before, branches, and two sums.
    assert len(lines) == 1 + 7 + 1 + 1 + 1 + 1
    assert lines[1].split(",")[1:7] == ["0", "1", "1", "1", "1", "0"]
    assert AuditEvent.objects.filter(event=events.FIGURES_EXPORTED).count() == 1


def test_of_a_campaign_that_never_ran_there_are_no_figures(maker: Client) -> None:
    assert maker.get(f"{LIST}{a_draft().pk}/figures/").status_code == 404


def test_people_of_a_branch_see_figures_of_their_branch_only(bank: Any) -> None:
    own, other = make_branch("0101"), make_branch("0102")
    a_customer("C1", branch=own)
    a_customer("C2", branch=other)
    campaign = a_campaign(branch=own)
    take_events(source=SYSTEM, events=[an_event("C1")])
    elsewhere = a_campaign(branch=other)
    local = sign_in(make_operator("local", "branch", branch=own))

    page = local.get(f"{LIST}{campaign.pk}/figures/")

    assert page.context["total"].participations == 1
    assert "shows_books" not in page.context
    assert local.get(f"{LIST}{elsewhere.pk}/figures/").status_code == 404
    assert local.post(f"{LIST}{campaign.pk}/figures/tie-out/").status_code == 403
    assert local.post(f"{LIST}{campaign.pk}/figures/export/").status_code == 403
    assert local.get("/admin/campaigns/event/").status_code == 403


# --- dry run --------------------------------------------------------------------------------------
def asked(campaign: Campaign, **fields: str) -> dict[str, str]:
    at = timezone.localtime() - timedelta(minutes=1)
    usual = {
        "campaign": str(campaign.pk), "which": "live", "customer": "", "kind": "payment",
        "occurred_at": at.strftime("%Y-%m-%dT%H:%M"), "amount": "50", "scene": "top_up",
    }  # fmt: skip
    return {**usual, **fields}


def test_a_dry_run_says_what_would_happen_and_stores_nothing(maker: Client) -> None:
    campaign = a_campaign()

    good = maker.get(f"{LIST}trial/", asked(campaign)).context["tested"]
    bad = maker.get(f"{LIST}trial/", asked(campaign, amount="49.99")).context["tested"]

    assert good.trial.would_reward
    assert good.trial.cost_cents == 500
    assert not bad.trial.would_reward
    assert [line.sentence for line in bad.trial.lines if not line.holds] == ["At least 50.00 yuan"]
    assert not Event.objects.exists()
    assert not Participation.objects.exists()


def test_a_campaign_of_one_merchant_can_be_tried(maker: Client) -> None:
    campaign = a_campaign(conditions=[{"kind": "scene", "values": ["merchant:8800"]}])

    page = maker.get(f"{LIST}trial/", {"campaign": campaign.pk})
    tried = maker.get(f"{LIST}trial/", asked(campaign, scene="merchant:8800"))
    unknown = maker.get(f"{LIST}trial/", asked(campaign, scene="merchant:?"))

    assert 'value="merchant:8800" selected' in page.content.decode()
    assert tried.context["tested"].trial.would_reward
    assert unknown.status_code == 400


@pytest.mark.parametrize("when", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_moment_at_the_end_of_the_calendar_is_no_server_error(maker: Client, when: str) -> None:
    page = maker.get(f"{LIST}trial/", asked(a_campaign(), occurred_at=when))

    assert page.status_code in (200, 400)


def test_a_draft_and_what_is_switched_off_can_be_tried_too(maker: Client) -> None:
    draft, campaign = a_draft(), a_campaign()
    stop_campaign(actor=people()[0], campaign=campaign, reason="wrong")

    of_draft = maker.get(f"{LIST}trial/", asked(draft)).context["tested"]
    stopped = maker.get(f"{LIST}trial/", asked(campaign)).context["tested"]

    assert (of_draft.version, of_draft.trial.would_reward) == (None, True)
    assert (stopped.version, stopped.trial.refusal) == (1, "stopped")


def test_a_dry_run_tells_of_own_customers_only(bank: Any) -> None:
    own, other = make_branch("0101"), make_branch("0102")
    a_customer("OWN", branch=own)
    a_customer("OTHER", branch=other)
    local = sign_in(make_operator("local", "branch", branch=own))
    campaign = a_campaign(branch=own)
    foreign = a_campaign(branch=other)

    assert local.get(f"{LIST}trial/", asked(campaign, customer="OWN")).context["tested"].is_known
    for wrong in (asked(campaign, customer="OTHER"), asked(campaign, customer="NOBODY"),
                  asked(foreign)):  # fmt: skip
        page = local.get(f"{LIST}trial/", wrong)
        assert page.status_code == 400
        assert page.context["tested"] is None


# --- lists ----------------------------------------------------------------------------------------
def test_events_are_found_by_their_number_and_by_customer(maker: Client) -> None:
    campaign = a_campaign()
    given = [an_event("C1"), an_event("C1"), an_event("C2", 10)]
    take_events(source=SYSTEM, events=given)

    def found(term: str) -> set[str]:
        rows = maker.get("/admin/campaigns/event/", {"q": term}).context["cl"].result_list
        return {row.event_id for row in rows}

    assert found("C1") == {given[0].event_id, given[1].event_id}
    assert found(given[2].event_id) == {given[2].event_id}
    assert found("nobody") == set()
    unmet = Event.objects.get(event_id=given[2].event_id)
    page = maker.get(f"/admin/campaigns/event/{unmet.pk}/change/")
    ((title, address),) = page.context["trials"]
    tried = maker.get(address, follow=True).context
    assert title == campaign.title
    assert "no running campaign is for such an event" in page.content.decode()
    assert tried["form"].errors == {"customer": [NOT_OURS]}


def test_pages_of_events_follow_each_other_without_gap_or_double(maker: Client) -> None:
    a_campaign()
    at = timezone.now()
    take_events(source=SYSTEM, events=[an_event(f"C{n}") for n in range(45)], at=at)

    seen: list[str] = []
    address = "/admin/campaigns/event/"
    while address:
        rows = maker.get(address).context["cl"]
        seen += [row.event_id for row in rows.result_list]
        address = f"/admin/campaigns/event/{rows.next_address}" if rows.next_address else ""

    assert len(seen) == len(set(seen)) == 45


def test_participations_say_why_and_what_was_given(maker: Client) -> None:
    campaign = with_news()

    page = maker.get("/admin/campaigns/participation/", follow=True)
    rows = {(row.customer_number, row.state): row for row in page.context["cl"].result_list}
    counted = rows["C1", "counted"].pk
    one = maker.get(f"/admin/campaigns/participation/{counted}/change/").content.decode()

    assert set(rows) == {("C1", "counted"), ("C2", "reversed"), ("C1", "refused")}
    why = "a limit is reached · per customer, in the whole campaign: at most 1 time"
    assert why in page.content.decode()
    assert "Gives the coupon" in one
    assert "applied" in one
    named = maker.get("/admin/campaigns/participation/", {"q": "C2", "campaign": campaign.pk})
    assert [row.customer_number for row in named.context["cl"].result_list] == ["C2"]


def test_participations_can_be_taken_out_and_that_is_told(maker: Client) -> None:
    campaign = with_news()

    file = maker.post(
        "/admin/campaigns/participation/export/", {"campaign": campaign.pk, "state": "refused"}
    )

    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "a limit is reached" in lines[1]
    assert AuditEvent.objects.filter(event=events.PARTICIPATIONS_EXPORTED).count() == 1


def test_a_pause_is_felt_by_the_next_event(bank: Any) -> None:
    campaign = a_campaign()
    pause_campaign(actor=people()[0], campaign=campaign, reason="look first")

    (taken,) = take_events(source=SYSTEM, events=[an_event("C1")])

    assert taken.participations[0]["refusal"] == "paused"
