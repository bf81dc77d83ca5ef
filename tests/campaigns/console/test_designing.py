from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals.models import Request
from audit.errors import DomainError
from audit.models import AuditEvent
from campaigns import events
from campaigns.designing.content import content_of
from campaigns.designing.services import (
    copy_campaign,
    create_campaign,
    delete_campaign_draft,
    edit_campaign,
)
from campaigns.errors import BadCampaign, CampaignKept
from campaigns.models import Campaign, CampaignAccount
from coupons.choices import CouponKind
from operators.errors import NotAllowed
from publishing import services as publishing
from tests.approvals.people import make_operator, publish
from tests.campaigns.console.drafting import ONCE, content, drafted, running
from tests.coupons.making import live_template, make_template, people
from tests.operators.people import make_branch

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"title": " \u200b"}, "title", "Give the campaign a name."),
        ({"kind": "raffle"}, "kind", "Choose one of the list."),
        ({"ends_at": timezone.now() - DAY}, "ends_at", "ends before it starts"),
        ({"budget_cents": 0}, "budget_cents", "a budget above zero"),
        ({"events": []}, "events", "at least one event"),
        ({"events": ["deposit"]}, "events", "“deposit” is no kind of event"),
        ({"events": ["payment"]}, "events", "needs the event “joined on the campaign's page”"),
        ({"kind": "spend_and_get"}, "events", "needs the event “payment” or “bill paid”"),
        ({"conditions": [{"kind": "weather"}]}, "conditions", "“weather” is no condition"),
        (
            {"conditions": [{"kind": "amount", "least_cents": 1}]}, "conditions",
            "Who joins on the page pays nothing",
        ),
        ({"effects": []}, "effects", "at least one reward"),
        ({"limits": []}, "limits", "set a limit per customer"),
        ({"bearers": {"bank": 9_999}}, "bearers", "they must make 100%"),
        ({"audience": {"all": [{"field": "shoe", "op": "any"}]}}, "audience", ""),
        ({"button": "x" * 13}, "button", "at most 12"),
        (
            {"kind": "spend_and_save", "effects": [{"kind": "tag_customer", "tag": "x"}]},
            "effects", "gives a coupon",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_campaign_is_refused_with_a_sentence_and_nothing_is_stored(
    bank: Any, fields: dict[str, Any], field: str, sentence: str
) -> None:
    template = make_template()

    with pytest.raises(BadCampaign) as refused:
        create_campaign(actor=people()[0], content=content(template, **fields))

    assert refused.value.field == field
    assert sentence in str(refused.value)
    assert not Campaign.objects.exists()


def test_a_draft_is_made_edited_copied_and_deleted_each_with_its_audit_event(bank: Any) -> None:
    maker, _checker = people()
    draft = drafted()

    changed = replace(content_of(draft), title=" Six  off fifty ", budget_cents=20_000)
    draft = edit_campaign(actor=maker, draft_id=draft.pk, version=draft.version, content=changed)
    copy = copy_campaign(actor=maker, draft_id=draft.pk)
    delete_campaign_draft(actor=maker, draft_id=copy.pk)

    assert (draft.title, draft.budget_cents) == ("Six off fifty", 20_000)
    assert copy.title == "Six off fifty (copy)"
    assert Campaign.objects.get() == draft
    told = AuditEvent.objects.filter(event__startswith="campaigns.").values_list("event", flat=True)
    assert sorted(told) == sorted([events.CREATED, events.EDITED, events.COPIED, events.DELETED])


def test_a_copy_of_what_ran_runs_as_long_from_now(bank: Any) -> None:
    now = timezone.now()
    draft = drafted(starts_at=now - 10 * DAY, ends_at=now - 3 * DAY)

    copy = copy_campaign(actor=people()[0], draft_id=draft.pk, at=now)

    assert (copy.starts_at, copy.ends_at) == (now, now + 7 * DAY)


def test_an_older_form_does_not_overwrite_a_newer_draft(bank: Any) -> None:
    draft = drafted()
    edit_campaign(
        actor=people()[0], draft_id=draft.pk, version=1,
        content=replace(content_of(draft), title="Newer"),
    )  # fmt: skip

    with pytest.raises(DomainError):
        edit_campaign(
            actor=people()[0], draft_id=draft.pk, version=1,
            content=replace(content_of(draft), title="Older"),
        )  # fmt: skip

    assert Campaign.objects.get().title == "Newer"


def test_people_of_a_branch_draft_for_their_branch_only(bank: Any) -> None:
    branch, other = make_branch("0101"), make_branch("0102")
    local = make_operator("local", "branch", branch=branch)
    template = live_template()
    draft = create_campaign(actor=local, content=content(template, branch=branch))

    for place in (other, None):
        with pytest.raises(NotAllowed):
            create_campaign(actor=local, content=content(template, branch=place))
        with pytest.raises(NotAllowed):
            edit_campaign(
                actor=local, draft_id=draft.pk, version=draft.version,
                content=replace(content_of(draft), branch=place),
            )  # fmt: skip


def test_what_has_been_published_stays_on_record_and_keeps_its_kind(bank: Any) -> None:
    campaign = running()
    maker, _checker = people()

    with pytest.raises(CampaignKept):
        delete_campaign_draft(actor=maker, draft_id=campaign.pk)
    with pytest.raises(BadCampaign) as refused:
        edit_campaign(
            actor=maker, draft_id=campaign.pk, version=campaign.version,
            content=replace(content_of(campaign), kind="spend_and_get", events=["payment"]),
        )  # fmt: skip

    assert refused.value.field == "kind"


# --- the gate before review -----------------------------------------------------------------------
def submitted_with(template: Any, **fields: Any) -> Request:
    return publishing.submit_for_review(actor=people()[0], draft=drafted(template, **fields))


@pytest.mark.parametrize(
    ("of_template", "of_campaign", "sentence"),
    [
        ({"ends_at": timezone.now() + DAY}, {}, "the campaign runs longer"),
        (
            {"valid_until": timezone.now() + 2 * DAY, "ends_at": timezone.now() + 22 * DAY}, {},
            "could not be used",
        ),
        ({"starts_at": timezone.now() + DAY}, {}, "later than the campaign begins"),
        ({}, {"budget_cents": 499}, "is not enough for"),
        (
            {"kind": CouponKind.GIFT, "threshold_cents": 0}, {"kind": "spend_and_save"},
            "None of the coupons makes a payment cheaper",
        ),
    ],
)  # fmt: skip
def test_a_campaign_whose_coupons_do_not_fit_cannot_be_submitted(
    bank: Any, of_template: dict[str, Any], of_campaign: dict[str, Any], sentence: str
) -> None:
    template = live_template(**of_template)

    with pytest.raises(BadCampaign, match=sentence):
        submitted_with(template, **of_campaign)

    assert not Request.objects.filter(target_kind="campaigns.campaign").exists()


def test_a_template_that_is_not_published_or_of_one_branch_cannot_be_given(bank: Any) -> None:
    with pytest.raises(BadCampaign, match="is not published"):
        submitted_with(make_template())
    with pytest.raises(BadCampaign, match="for one branch only"):
        submitted_with(live_template(branch=make_branch("0101")))


def test_a_template_taken_down_during_the_review_stops_the_approval(bank: Any) -> None:
    maker, checker = people()
    template = live_template()
    draft = drafted(template)
    request = publishing.submit_for_review(actor=maker, draft=draft)
    publishing.withdraw_now(
        actor=checker, kind="coupon_template", target_id=template.uid, reason="wrong"
    )

    from approvals.services import approve_request

    with pytest.raises(BadCampaign, match="is not published"):
        approve_request(actor=checker, request_id=request.pk)

    assert not CampaignAccount.objects.exists()


def test_a_budget_below_what_is_committed_is_refused_and_a_higher_one_goes_through_review(
    bank: Any,
) -> None:
    maker, checker = people()
    campaign = running()
    CampaignAccount.objects.filter(campaign=campaign).update(committed_cents=9_500)

    def edited(cents: int) -> Campaign:
        draft = Campaign.objects.get()
        return edit_campaign(
            actor=maker, draft_id=draft.pk, version=draft.version,
            content=replace(content_of(draft), budget_cents=cents),
        )  # fmt: skip

    with pytest.raises(BadCampaign, match=r"95\.00 yuan are committed already") as refused:
        publishing.submit_for_review(actor=maker, draft=edited(9_499))
    assert refused.value.field == "budget_cents"
    publish(maker, checker, edited(50_000))

    account = CampaignAccount.objects.get()
    assert (account.budget_cents, account.committed_cents) == (50_000, 9_500)


def test_checkers_of_a_large_budget_confirm_the_sum(bank: Any) -> None:
    from approvals import registry

    request = publishing.submit_for_review(
        actor=people()[0], draft=drafted(budget_cents=10_000_000)
    )

    (asked,) = registry.get(request.kind).confirmations(request)
    assert "100,000.00" in str(asked.sentence)
    rows = {row.label: row.after for row in registry.get(request.kind).describe(request)}
    assert rows["rewards"].startswith("Gives the coupon Five off fifty")
    assert rows["limits"] == "per customer, in the whole campaign: at most 1 time"


def test_pools_are_checked_template_by_template(bank: Any) -> None:
    good, bad = live_template(), make_template()
    pool = [{"template": good.pk, "weight": 3}, {"template": bad.pk, "weight": 1}]

    with pytest.raises(BadCampaign, match=bad.code):
        submitted_with(good, effects=[{"kind": "grant_from_pool", "templates": pool}])

    assert submitted_with(good, limits=[ONCE]).pk
