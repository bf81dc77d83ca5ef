from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from campaigns.designing.services import Origin, create_campaign
from campaigns.models import Campaign
from campaigns.running.switches import stop_campaign
from tests.approvals.people import make_operator, sign_in
from tests.campaigns.console.drafting import content, drafted, running, typed
from tests.coupons.making import live_template, make_template, people

SENT = {"_form_submitted": "True"}
LIST = "/admin/campaigns/campaign/"


@pytest.fixture
def maker(bank: Any) -> Client:
    return sign_in(people()[0])


def page(campaign: Campaign) -> str:
    return f"{LIST}{campaign.pk}/change/"


def test_what_is_typed_becomes_a_draft_and_comes_back_as_it_was(maker: Client) -> None:
    template = live_template()
    answer = maker.post(f"{LIST}add/?kind=spend_and_get", typed(template))

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    draft = Campaign.objects.get()
    assert draft.conditions == [
        {"kind": "amount", "least_cents": 5000, "most_cents": None},
        {"kind": "scene", "values": ["top_up"]},
        {"kind": "weekdays", "values": [1, 2, 3, 4, 5]},
        {"kind": "hours", "from": "08:00", "until": "24:00"},
        {"kind": "has_tag", "values": ["常充值", "青年"], "wanted": True},
        {"kind": "times", "least": 0, "most": 2},
    ]
    assert draft.effects == [{"kind": "grant_coupon", "template": template.pk}]
    assert draft.limits == [{"measure": "count", "period": "month", "per": "customer", "limit": 1}]
    assert draft.budget_cents == 500_000
    form = maker.get(page(draft)).context["adminform"].form
    again = {name: form[name].value() for name in ("conditions", "effects", "limits", "events")}
    assert again == {name: getattr(draft, name) for name in again}


def test_pools_and_tags_are_typed_in_rows(maker: Client) -> None:
    one, other = live_template(), live_template()
    rewards = {
        "effects-0-kind": "grant_from_pool", "effects-0-template": "",
        "effects-0-pool-0-template": str(one.pk), "effects-0-pool-0-weight": "3",
        "effects-0-pool-1-template": "", "effects-0-pool-1-weight": "1",
        "effects-0-pool-2-template": str(other.pk), "effects-0-pool-2-weight": "",
        "effects-1-kind": "tag_customer", "effects-1-tag": " 已参与 ",
    }  # fmt: skip

    answer = maker.post(f"{LIST}add/", typed(one, **rewards))

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    pool = [{"template": one.pk, "weight": 3}, {"template": other.pk, "weight": 1}]
    assert Campaign.objects.get().effects == [
        {"kind": "grant_from_pool", "templates": pool},
        {"kind": "tag_customer", "tag": "已参与"},
    ]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"starts_at": "0001-01-01T00:00"}, "starts_at", "Choose a year from"),
        ({"ends_at": "1999-12-31T23:59"}, "ends_at", "Choose a year from"),
        ({"conditions-amount_least": "viel"}, "conditions", "Enter an amount in yuan"),
        ({"conditions-hours_until": "8"}, "conditions", "two times"),
        ({"conditions-kept": ['{"kind": "weather"}']}, "conditions", "“weather” is no condition"),
        ({"effects-0-template": ""}, "effects", "at least one reward"),
        ({"limits-0-number": "-1"}, "limits", "whole number"),
        ({"budget_cents": "0"}, "budget_cents", "a budget above zero"),
        ({"events": []}, "events", "at least one event"),
        ({"bearers-bank": "60"}, "bearers", "add up to 90%"),
    ],
)  # fmt: skip
def test_bad_input_is_told_at_its_field(
    maker: Client, fields: dict[str, Any], field: str, sentence: str
) -> None:
    answer = maker.post(f"{LIST}add/", typed(make_template(), **fields))

    assert answer.status_code == 200
    assert sentence in " ".join(answer.context["adminform"].form.errors[field])
    assert not Campaign.objects.exists()


def test_a_new_campaign_begins_with_a_starting_point(maker: Client) -> None:
    points = maker.get(f"{LIST}add/")
    form = maker.get(f"{LIST}add/?kind=activation_gift").context["adminform"].form

    assert "activation gift" in points.content.decode()
    assert form["events"].value() == ["activation"]
    assert form["limits"].value()[0]["per"] == "customer"


def test_a_condition_that_the_form_has_no_place_for_is_kept_until_it_is_unticked(
    maker: Client,
) -> None:
    audience = {"kind": "audience", "rule": {"all": [
        {"field": "groups", "op": "any", "values": ["loan"]}
    ]}}  # fmt: skip
    draft = drafted(conditions=[audience])

    form = maker.get(page(draft))

    assert form.context["adminform"].form["conditions"].value() == [audience]
    assert 'name="conditions-kept"' in form.content.decode()


def test_the_list_and_the_page_show_how_it_runs(maker: Client) -> None:
    campaign = running()
    stop_campaign(actor=people()[0], campaign=campaign, reason="wrong coupon")

    listed, shown = maker.get(LIST), maker.get(page(campaign))

    assert "stopped" in listed.content.decode()
    assert "0.00 / 100.00" in listed.content.decode()
    assert "wrong coupon" in shown.content.decode()
    assert "Ask to run again" in shown.content.decode()
    assert "Emergency stop" not in shown.content.decode()


def test_the_buttons_switch_it(maker: Client) -> None:
    campaign = running()
    address = f"{LIST}{campaign.pk}/stop/"

    empty = maker.post(address, {**SENT, "reason": ""})
    campaign.account.refresh_from_db()
    assert (empty.status_code, campaign.account.run_state) == (200, "running")
    maker.post(address, {**SENT, "reason": "wrong coupon"})
    campaign.account.refresh_from_db()

    assert campaign.account.run_state == "stopped"


def test_viewers_see_words_and_no_buttons(bank: Any) -> None:
    campaign = running()
    viewer = sign_in(make_operator("looks-on", "viewer"))

    shown = viewer.get(page(campaign))

    assert "Gives the coupon" in shown.content.decode()
    assert "Emergency stop" not in shown.content.decode()
    assert viewer.post(f"{LIST}{campaign.pk}/stop/", {**SENT, "reason": "x"}).status_code in (
        302,
        403,
    )
    campaign.account.refresh_from_db()
    assert campaign.account.run_state == "running"


def test_what_the_province_has_locked_cannot_be_changed_by_a_hand_made_request(
    maker: Client,
) -> None:
    template = live_template()
    given = content(template)
    locked = {
        name: {"lock": "locked", "value": getattr(given, name)}
        for name in ("title", "kind", "events", "limits", "rules_text")
    }
    draft = create_campaign(
        actor=people()[0], content=given, origin=Origin(uuid4(), 1, {"fields": locked})
    )
    form = maker.get(page(draft))
    assert form.content.decode().count("Locked by the province") == 3
    changed = typed(
        template, title="Mine",
        **{"limits-0-number": "9", "conditions-amount_least": "", "conditions-scenes": []},
    )  # fmt: skip

    names = ("title", "kind", "events", "limits", "rules_text")
    for name in names:
        keys = {key for key in changed if key.split("-")[0] in set(names) - {name}}
        told = {key: value for key, value in changed.items() if key not in keys}
        answer = maker.post(page(draft), told)
        assert answer.status_code == 200, name
        assert "The province has locked" in answer.content.decode(), name
        assert Campaign.objects.get().summary == ""
    unsaid = {key: value for key, value in changed.items() if key.split("-")[0] not in names}
    answer = maker.post(page(draft), unsaid | {"title": f" {given.title} ", "events": ["joined"]})

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    draft.refresh_from_db()
    kept = {name: getattr(draft, name) for name in locked}
    assert kept == {name: each["value"] for name, each in locked.items()}
    assert (draft.summary, draft.budget_cents) == ("每月一次", 500_000)
