"""Banks join a province campaign, within its locks, and follow its versions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from campaigns.designing.content import content_of
from campaigns.designing.locks import locked_fields
from campaigns.designing.services import edit_campaign
from campaigns.errors import BadCampaign, JoiningRefused
from campaigns.models import Campaign, CampaignAccount
from campaigns.province import joining
from campaigns.province.errors import BadProvinceCampaign, UnknownProvinceCampaign
from campaigns.province.models import Joining
from campaigns.province.reading import open_campaign, open_to_bank
from campaigns.services import join_campaign
from operators.errors import NotAllowed
from tests.approvals.people import make_operator, publish
from tests.campaigns.making import a_customer, forget
from tests.campaigns.province.making import (
    FIVE_OFF_FIFTY,
    ONCE_A_MONTH,
    a_coupon,
    a_newer_version,
    a_province_campaign,
    an_open_wave,
    content,
    joined,
    running,
)
from tests.coupons.making import people


def edited(draft: Campaign, **changes: Any) -> Campaign:
    draft.refresh_from_db()
    from dataclasses import replace

    return edit_campaign(
        actor=people()[0], draft_id=draft.pk, version=draft.version,
        content=replace(content_of(draft), **changes),
    )  # fmt: skip


def ends(draft: Campaign) -> datetime:
    assert draft.ends_at is not None
    return draft.ends_at


def test_a_bank_joins_with_its_own_coupon_and_budget_and_customers_take_part(
    alpha: Any, bank: Any
) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = running(campaign, budget_cents=200_000)
        customer = a_customer()

        found = join_campaign(
            customer_number=customer.number, campaign_uid=draft.uid, key="key-0001"
        )

        assert found.body["rewards"]
        assert draft.title == campaign.title
        assert draft.limits == ONCE_A_MONTH
        assert draft.budget_cents == 200_000
        assert CampaignAccount.objects.get(uid=draft.uid).province_uid == campaign.uid
    row = Joining.objects.get(campaign=campaign, bank=alpha)
    assert (row.state, row.version, row.campaign_uid) == ("joined", 1, draft.uid)


def test_joining_twice_gives_the_same_draft(alpha: Any, bank: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        first = joined(campaign)

        assert joined(campaign).pk == first.pk
        assert Campaign.objects.count() == 1


def test_only_banks_of_an_opened_wave_see_it(alpha: Any, beta: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)

    with tenant_context(alpha):
        assert [each.published.title for each in open_to_bank(campaign.starts_at)] == [
            campaign.title
        ]
    with tenant_context(beta):
        assert open_to_bank(campaign.starts_at) == []
        with pytest.raises(UnknownProvinceCampaign):
            joined(campaign)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Our own"),
        ("button", "Go"),
        ("rules_text", "As often as you like."),
        ("limits", [{"measure": "count", "period": "day", "per": "customer", "limit": 9}]),
        ("bearers", {"province": 10_000}),
    ],
)
def test_what_is_locked_cannot_be_changed(alpha: Any, bank: Any, field: str, value: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = joined(campaign)
        before = getattr(draft, field)

        with pytest.raises(BadCampaign, match="locked") as refused:
            edited(draft, **{field: value})

        draft.refresh_from_db()
        assert refused.value.field == field
        assert getattr(draft, field) == before
        assert field in locked_fields(draft)
        assert "effects" not in locked_fields(draft)


def test_what_is_a_default_may_be_changed_and_shows_as_drift(alpha: Any, bank: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = joined(campaign)
        edited(draft, summary="Only with us.", ends_at=ends(draft) - timedelta(days=3))
        from campaigns.province.rolling import roll_up_bank

        roll_up_bank(draft.starts_at)
    row = Joining.objects.get(bank=alpha)
    assert row.drift == ["period", "summary"]


def test_a_bank_s_period_stays_within_the_province_s(alpha: Any, bank: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = joined(campaign)

        for changes in (
            {"starts_at": draft.starts_at - timedelta(days=1)},
            {"ends_at": ends(draft) + timedelta(days=1)},
            {"ends_at": None},
        ):
            with pytest.raises(BadCampaign, match="province's campaign"):
                edited(draft, **changes)


def test_a_locked_period_is_kept_to_the_minute(alpha: Any, bank: Any) -> None:
    campaign = a_province_campaign(period="locked")
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = joined(campaign)

        with pytest.raises(BadCampaign, match="locked the period"):
            edited(draft, ends_at=ends(draft) - timedelta(minutes=1))
        assert {"starts_at", "ends_at"} <= locked_fields(draft)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"face_min_cents": 499, "face_max_cents": 499}, "at least 5.00"),
        ({"threshold_cents": 6000}, "usable from 60.00"),
        ({"bearers": {"province": 5000, "bank": 5000}}, "province would bear 50%"),
        (
            {"kind": "gift", "threshold_cents": 0, "redeemed_at": "counter"},
            "no coupon of the kind",
        ),
    ],
)
def test_a_coupon_worse_than_the_province_asks_for_is_refused(
    alpha: Any, bank: Any, fields: dict[str, Any], sentence: str
) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        with pytest.raises(BadCampaign, match=sentence) as refused:
            joined(campaign, a_coupon(coupons=0, **fields))

        assert refused.value.field == "effects"
        assert not Campaign.objects.exists()
    assert Joining.objects.get(bank=alpha).state == "waiting"


def test_a_better_coupon_is_welcome_unless_the_reward_is_locked(alpha: Any, bank: Any) -> None:
    better = {"face_min_cents": 800, "face_max_cents": 800, "threshold_cents": 4000}
    wanted = [{"kind": "grant_coupon", "coupon": FIVE_OFF_FIFTY}]
    campaigns = [
        a_province_campaign(), a_province_campaign(effects={"lock": "locked", "value": wanted}),
    ]  # fmt: skip
    for campaign in campaigns:
        an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        template = a_coupon(coupons=0, **better)

        assert joined(campaigns[0], template).effects[0]["template"] == template.pk
        with pytest.raises(BadCampaign, match="worth 8"):
            joined(campaigns[1], template)


def test_a_locked_share_of_the_province_holds_for_rewards_left_free(alpha: Any, bank: Any) -> None:
    campaign = a_province_campaign(effects="free")
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        dear = a_coupon(bearers={"province": 10_000, "bank": 0, "merchant": 0})
        with pytest.raises(BadCampaign, match="the province would bear"):
            joined(campaign, dear)

        assert joined(campaign, a_coupon(face_min_cents=300, face_max_cents=300)).pk


def test_what_must_be_filled_in_is_the_bank_s_own(alpha: Any, bank: Any) -> None:
    hint = "Ask your branch: <telephone>"
    campaign = a_province_campaign(summary={"lock": "must_fill", "value": hint})
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        for words in ("", hint):
            with pytest.raises(BadCampaign, match="fill in “in one sentence”"):
                joined(campaign, summary=words)

        assert joined(campaign, summary="Ask us: 0731-1").summary == "Ask us: 0731-1"


def test_a_newer_version_changes_what_is_locked_and_what_was_left_as_proposed(
    alpha: Any, bank: Any
) -> None:
    campaign = a_province_campaign(title={"lock": "default"})
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = edited(joined(campaign), title="Ours")
    a_newer_version(
        campaign, title={"lock": "default"}, button={"lock": "locked", "value": "Take five"},
        summary={"lock": "default", "value": "New words."},
    )  # fmt: skip
    with tenant_context(alpha):
        assert open_campaign(campaign.uid).is_behind

        draft = joining.accept_version(actor=people()[0], draft_id=draft.pk, filled={})

        assert (draft.title, draft.button, draft.summary) == ("Ours", "Take five", "New words.")
        assert draft.province_version == 2
        assert not open_campaign(campaign.uid).is_behind


def test_a_bank_that_puts_a_version_off_keeps_the_old_locks(alpha: Any, bank: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = joined(campaign)
    a_newer_version(campaign, button={"lock": "locked", "value": "Take five"})
    with tenant_context(alpha):
        joining.defer_version(actor=people()[0], draft_id=draft.pk, reason="After the holiday.")

        publish(*people(), draft)
        forget()
        assert open_campaign(campaign.uid).is_deferred
        assert Campaign.objects.get().button == "Take it"
    assert Joining.objects.get(bank=alpha).deferred_reason == "After the holiday."


def test_declining_needs_a_reason_and_joining_stays_possible(alpha: Any, bank: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        maker = people()[0]
        with pytest.raises(JoiningRefused, match="Say why"):
            joining.decline_province_campaign(actor=maker, uid=campaign.uid, reason=" ")
        joining.decline_province_campaign(actor=maker, uid=campaign.uid, reason="No budget.")
    assert Joining.objects.get(bank=alpha).state == "declined"
    with tenant_context(alpha):
        assert joined(campaign).pk
    assert Joining.objects.get(bank=alpha).state == "joined"


def test_only_makers_of_the_whole_bank_join(alpha: Any, bank: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        for role in ("viewer", "checker", "branch"):
            person = make_operator(f"a-{role}", role)
            with pytest.raises(NotAllowed):
                joining.join_province_campaign(actor=person, uid=campaign.uid, filled={})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": {"lock": "free", "value": "claim_page"}}, "kind"),
        ({"kind": {"lock": "locked", "value": "lottery"}}, "kind"),
        ({"effects": {"lock": "must_fill", "value": []}}, "effects"),
        ({"effects": {"lock": "default", "value": []}}, "effects"),
        ({"events": {"lock": "locked", "value": []}}, "events"),
        ({"events": {"lock": "locked", "value": ["payment"]}}, "events"),
        ({"conditions": {"lock": "locked", "value": [{"kind": "moon"}]}}, "conditions"),
        ({"limits": {"lock": "locked", "value": []}}, "limits"),
        ({"budget_cents": {"lock": "locked"}}, "budget_cents"),
        ({"bearers": {"lock": "locked", "value": {"province": 3000}}}, "bearers"),
    ],
)
def test_a_design_that_no_bank_could_carry_out_is_refused(
    db: None, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadProvinceCampaign) as refused:
        content(**changed).cleaned()

    assert refused.value.field == field
