"""Tables of one campaign that add up to the same, and the number of those near their budget."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from campaigns.figures.reading import Counts
from campaigns.models import CampaignAccount, DayFigure
from campaigns.running.badges import near_their_budget
from campaigns.running.switches import end_campaign
from tests.approvals.people import make_operator, sign_in
from tests.campaigns.console.test_pages import LIST, with_news
from tests.campaigns.making import a_campaign
from tests.coupons.making import people


@pytest.fixture
def maker(bank: Any) -> Client:
    return sign_in(people()[0])


def test_days_and_branches_add_up_to_the_same_however_long_ago_it_began(maker: Client) -> None:
    campaign = with_news()
    DayFigure.objects.update(day=timezone.localdate() - timedelta(days=45))

    shown = maker.get(f"{LIST}{campaign.pk}/figures/")
    file = b"".join(maker.post(f"{LIST}{campaign.pk}/figures/export/").streaming_content).decode()  # type: ignore[attr-defined]

    whole = shown.context["total"]
    assert shown.context["earlier"] == whole
    assert sum((each.counts for each in shown.context["branches"]), Counts()) == whole
    assert shown.content.decode().count("Earlier days") == 1
    sums = [line.split(",")[1:] for line in file.splitlines() if line.startswith("Together")]
    assert len(sums) == 2
    assert sums[0] == sums[1]


def test_the_menu_counts_campaigns_near_their_budget(bank: Any) -> None:
    request: Any = RequestFactory().get("/")
    request.user = people()[0]
    campaign = a_campaign(budget_cents=1_000)
    CampaignAccount.objects.update(committed_cents=799)
    assert near_their_budget(request) == ""

    CampaignAccount.objects.update(committed_cents=800)
    for request.user in people():
        assert near_their_budget(request) == "1"
    viewer = make_operator("looks-on", "viewer")
    request.user = viewer
    assert near_their_budget(request) == ""
    request.user = people()[0]
    end_campaign(actor=people()[0], campaign=campaign, reason="Enough.")
    assert near_their_budget(request) == ""
