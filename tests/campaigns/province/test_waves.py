"""Waves open banks one after the other; one action pulls all of them back."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from campaigns.errors import NotRewarded, StepRefused
from campaigns.models import CampaignAccount, CampaignStep
from campaigns.province import waves
from campaigns.province.errors import PulledBack, WaveRefused
from campaigns.province.models import Joining, Wave
from campaigns.running.switches import resume_campaign, stop_campaign
from campaigns.services import join_campaign
from operators.errors import NotAllowed
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator, publish
from tests.campaigns.making import a_customer
from tests.campaigns.province.making import (
    a_province_campaign,
    an_open_wave,
    designers,
    joined,
    rolled,
    running,
    told,
)
from tests.coupons.making import people


def pulled(wave: Wave, reason: str = "Wrong coupons.") -> Wave:
    with tenant_context(PLATFORM):
        return waves.pull_wave(actor=designers()[0], wave_id=wave.pk, reason=reason)


def released(wave: Wave) -> Wave:
    with tenant_context(PLATFORM):
        return waves.release_wave(actor=designers()[0], wave_id=wave.pk, reason="Mended.")


def state_in(bank: Any) -> str:
    with tenant_context(bank):
        return CampaignAccount.objects.get().run_state


def test_one_action_stops_every_bank_of_the_wave_and_no_other(alpha: Any, beta: Any) -> None:
    campaign = a_province_campaign()
    first, second = an_open_wave(campaign, alpha), an_open_wave(campaign, beta)
    drafts = {}
    for each in (alpha, beta):
        with tenant_context(each):
            drafts[each.slug] = running(campaign)

    pulled(first)
    told(alpha, beta, wave=first)

    assert (state_in(alpha), state_in(beta)) == ("pulled", "running")
    with tenant_context(alpha):
        customer = a_customer()
        with pytest.raises(NotRewarded, match="stopped"):
            join_campaign(
                customer_number=customer.number, campaign_uid=drafts["alpha"].uid, key="key-0001"
            )
        assert CampaignStep.objects.get().reason == "Wrong coupons."
    row = Joining.objects.get(bank=alpha)
    assert (row.told, row.told_at is not None) == ("pulled", True)
    assert Wave.objects.get(pk=second.pk).state == "open"


def test_what_is_pulled_back_only_the_province_lets_run_again(alpha: Any) -> None:
    campaign = a_province_campaign()
    wave = an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = running(campaign)
    pulled(wave)
    told(alpha)
    with tenant_context(alpha):
        maker = people()[0]
        with pytest.raises(StepRefused):
            resume_campaign(actor=maker, campaign=draft)

    released(wave)
    told(alpha)

    assert state_in(alpha) == "paused"
    with tenant_context(alpha):
        resume_campaign(actor=people()[0], campaign=draft)
    assert state_in(alpha) == "running"


def test_nothing_of_a_pulled_wave_is_published_or_joined(alpha: Any, beta: Any) -> None:
    campaign = a_province_campaign()
    wave = an_open_wave(campaign, alpha, beta)
    with tenant_context(alpha):
        draft = joined(campaign)
    pulled(wave)

    with tenant_context(alpha):
        with pytest.raises(PulledBack, match="Wrong coupons"):
            publish(*people(), draft)
        assert not CampaignAccount.objects.exists()
    with tenant_context(beta), pytest.raises(PulledBack):
        joined(campaign)

    released(wave)
    with tenant_context(alpha):
        publish(*people(), draft)
    assert state_in(alpha) == "running"


def test_a_campaign_that_its_bank_stopped_stays_stopped(alpha: Any) -> None:
    campaign = a_province_campaign()
    wave = an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = running(campaign)
        stop_campaign(actor=people()[0], campaign=draft, reason="Fraud.")
    pulled(wave)
    told(alpha)
    assert state_in(alpha) == "stopped"
    assert Joining.objects.get(bank=alpha).told == "kept"

    released(wave)
    told(alpha)
    assert state_in(alpha) == "stopped"


def test_a_bank_s_task_that_was_lost_is_done_by_the_next_roll_up(alpha: Any) -> None:
    campaign = a_province_campaign()
    wave = an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        running(campaign)
    pulled(wave)

    rolled(alpha)

    assert state_in(alpha) == "pulled"


def test_telling_twice_changes_nothing(alpha: Any) -> None:
    campaign = a_province_campaign()
    wave = an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        running(campaign)
    pulled(wave)
    told(alpha, alpha, wave=wave)
    told(alpha, wave=wave)

    with tenant_context(alpha):
        assert CampaignStep.objects.count() == 1


def test_waves_open_in_their_order_and_not_over_a_pulled_one(alpha: Any, beta: Any) -> None:
    campaign = a_province_campaign()
    with tenant_context(PLATFORM):
        actor = designers()[0]
        plan = {"actor": actor, "campaign_id": campaign.pk, "name": ""}
        first = waves.plan_wave(**plan, bank_slugs=["alpha"])
        second = waves.plan_wave(**plan, bank_slugs=["beta"])
        with pytest.raises(WaveRefused, match="Wave 1 has not been opened"):
            waves.open_wave(actor=actor, wave_id=second.pk)
        waves.open_wave(actor=actor, wave_id=first.pk)
        waves.pull_wave(actor=actor, wave_id=first.pk, reason="Trouble.")
        with pytest.raises(WaveRefused, match="Wave 1 is pulled back"):
            waves.open_wave(actor=actor, wave_id=second.pk)
        with pytest.raises(WaveRefused, match="stands in wave 1 already"):
            waves.plan_wave(**plan, bank_slugs=["alpha"])


def test_a_wave_of_a_draft_cannot_be_opened(alpha: Any) -> None:
    from campaigns.province import drafts
    from tests.campaigns.province.making import content

    with tenant_context(PLATFORM):
        actor = designers()[0]
        draft = drafts.create_province_campaign(actor=actor, content=content())
        wave = waves.plan_wave(
            actor=actor, campaign_id=draft.pk, name="Pilot", bank_slugs=["alpha"]
        )
        with pytest.raises(WaveRefused, match="not published"):
            waves.open_wave(actor=actor, wave_id=wave.pk)


def test_a_wave_is_pulled_by_a_reason_and_by_who_may(alpha: Any) -> None:
    wave = an_open_wave(a_province_campaign(), alpha)
    with pytest.raises(WaveRefused, match="Say why"):
        pulled(wave, " ")
    with tenant_context(PLATFORM):
        auditor = make_operator("auditor-x", "auditor")
        with pytest.raises(NotAllowed):
            waves.pull_wave(actor=auditor, wave_id=wave.pk, reason="Me.")
    assert Wave.objects.get(pk=wave.pk).state == "open"
