from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from approvals.errors import OwnChange
from approvals.models import Request
from approvals.services import approve_request
from audit.models import AuditEvent
from campaigns import events
from campaigns.choices import RunState
from campaigns.errors import StepRefused, UnknownCampaign
from campaigns.models import CampaignAccount, CampaignStep
from campaigns.running.stops import request_resume
from campaigns.running.switches import (
    end_campaign,
    pause_campaign,
    resume_campaign,
    stop_campaign,
)
from campaigns.running.wave_calls import let_go, pull_back
from operators.errors import NotAllowed
from tests.approvals.people import make_operator
from tests.campaigns.console.drafting import approve, drafted, running
from tests.coupons.making import people
from tests.operators.people import make_branch


def state() -> str:
    return str(CampaignAccount.objects.get().run_state)


def test_a_campaign_is_paused_resumed_and_ended_and_each_step_is_told(bank: Any) -> None:
    maker, checker = people()
    campaign = running()

    pause_campaign(actor=maker, campaign=campaign, reason="the shop is closed")
    assert state() == RunState.PAUSED
    resume_campaign(actor=checker, campaign=campaign)
    assert state() == RunState.RUNNING
    end_campaign(actor=maker, campaign=campaign, reason="all is given")
    assert state() == RunState.ENDED

    steps = CampaignStep.objects.order_by("pk").values_list("what", "reason", "actor_name")
    assert list(steps) == [
        ("paused", "the shop is closed", str(maker)),
        ("running", "", str(checker)),
        ("ended", "all is given", str(maker)),
    ]
    assert AuditEvent.objects.filter(event=events.SWITCHED).count() == 3


@pytest.mark.parametrize("switch", [pause_campaign, end_campaign, stop_campaign])
def test_a_step_without_a_reason_or_on_what_is_not_published_changes_nothing(
    bank: Any, switch: Callable[..., Any]
) -> None:
    maker, _checker = people()

    with pytest.raises(UnknownCampaign):
        switch(actor=maker, campaign=drafted(), reason="because")
    campaign = running()
    with pytest.raises(StepRefused, match="Say why"):
        switch(actor=maker, campaign=campaign, reason="  ")

    assert state() == RunState.RUNNING
    assert not CampaignStep.objects.exists()


def test_the_same_step_twice_is_one_step(bank: Any) -> None:
    maker, _checker = people()
    campaign = running()

    for _each in range(2):
        stop_campaign(actor=maker, campaign=campaign, reason="wrong coupon")

    assert CampaignStep.objects.count() == 1


def test_what_was_ended_stays_ended(bank: Any) -> None:
    maker, _checker = people()
    campaign = running()
    end_campaign(actor=maker, campaign=campaign, reason="done")

    for switch in (resume_campaign, pause_campaign, stop_campaign):
        with pytest.raises(StepRefused):
            switch(actor=maker, campaign=campaign, reason="once more")
    with pytest.raises(StepRefused):
        request_resume(actor=maker, campaign=campaign, reason="once more")

    assert state() == RunState.ENDED


def test_after_an_emergency_stop_only_a_second_person_lets_it_run_again(bank: Any) -> None:
    maker, checker = people()
    campaign = running()
    stop_campaign(actor=maker, campaign=campaign, reason="wrong coupon")

    with pytest.raises(StepRefused, match="a second person decides"):
        resume_campaign(actor=checker, campaign=campaign)
    request = request_resume(actor=checker, campaign=campaign, reason="corrected")
    with pytest.raises(OwnChange):
        approve_request(actor=checker, request_id=request.pk)
    assert state() == RunState.STOPPED
    other = make_operator("second-checker", "checker")
    approve_request(actor=other, request_id=request.pk)

    assert state() == RunState.RUNNING
    assert CampaignStep.objects.order_by("-pk")[0].reason == "corrected"


def test_a_second_stop_and_a_review_of_what_runs_already_are_refused(bank: Any) -> None:
    maker, _checker = people()
    campaign = running()

    with pytest.raises(StepRefused, match="not stopped"):
        request_resume(actor=maker, campaign=campaign, reason="why not")

    assert not Request.objects.filter(kind="campaign_resume").exists()


def test_who_may_not_switch_changes_nothing(bank: Any) -> None:
    campaign = running()
    viewer = make_operator("looks-on", "viewer")
    branch = make_branch("0101")
    local = make_operator("local", "maker", branch=branch)
    local.groups.set([])

    for person in (viewer, local):
        for switch in (pause_campaign, end_campaign, stop_campaign, request_resume):
            with pytest.raises(NotAllowed):
                switch(actor=person, campaign=campaign, reason="because")

    assert state() == RunState.RUNNING


def test_a_wave_pulled_back_stops_what_runs_and_leaves_what_its_bank_has_ended(bank: Any) -> None:
    maker, _checker = people()
    campaign, now = running(), timezone.now()

    for _each in range(2):
        pull_back(campaign, "the pilot went wrong", now, by="platform operator")
    assert state() == RunState.PULLED
    with pytest.raises(StepRefused):
        resume_campaign(actor=maker, campaign=campaign)
    let_go(campaign, "corrected", now)
    assert state() == RunState.PAUSED
    resume_campaign(actor=maker, campaign=campaign)
    end_campaign(actor=maker, campaign=campaign, reason="done")
    pull_back(campaign, "again", now)

    assert state() == RunState.ENDED
    assert CampaignStep.objects.filter(what="pulled").get().actor_name == "platform operator"


def test_a_review_that_runs_again_names_why_it_was_stopped(bank: Any) -> None:
    from approvals import registry

    maker, _checker = people()
    campaign = running()
    stop_campaign(actor=maker, campaign=campaign, reason="wrong coupon")
    request = request_resume(actor=maker, campaign=campaign, reason="corrected")

    rows = {str(row.label): (row.before, row.after) for row in _rows(registry, request)}
    assert rows["state"] == ("stopped", "running")
    assert rows["stopped because"] == ("wrong coupon", "wrong coupon")
    approve(request)
    assert state() == RunState.RUNNING


def _rows(registry: Any, request: Request) -> Any:
    return registry.get(request.kind).describe(request)
