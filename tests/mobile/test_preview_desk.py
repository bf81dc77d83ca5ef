"""The desk: what can be chosen, that the phone shows just what the API gives, and why not more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.http import QueryDict
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.catalogue.models import Skin
from approvals.models import Request
from customers.models import Customer, Preference, ShowCounter
from mobile.preview.choices import CHOSEN, Choices, read_choices
from mobile.preview.desk import desk_context, summary_of
from mobile.preview.scenes import build_scene
from publishing.services import submit_for_review
from tests.announcements.ads import make_ad, make_placements
from tests.approvals.people import make_draft, make_operator, publish, sign_in
from tests.mobile.phones import Phone
from tests.mobile.test_preview import FRAME, PREVIEW, text_of
from tests.operators.people import make_branch

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 11, 25, 12, 30, tzinfo=SHANGHAI)
DESK = "/preview/desk/"
LOAN = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}


@pytest.fixture(autouse=True)
def _placements(bank: Any) -> None:
    make_placements()


def live_ad(maker: Any, checker: Any, title: str = "A banner", **fields: Any) -> Any:
    draft = make_ad(maker, title=title, **fields)
    publish(maker, checker, draft)
    return draft


def read(query: str, operator: Any, now: datetime = WEDNESDAY) -> Choices:
    return read_choices(QueryDict(query), operator, now)


def scene_of(bank: Any, operator: Any, query: str, now: datetime | None = None) -> Any:
    now = now or timezone.now()
    return build_scene(bank, read(query, operator, now), operator=operator, now=now)


def customer(number: str = "C1", **fields: Any) -> Customer:
    return Customer.objects.create(number=number, **fields)


# --- choices --------------------------------------------------------------------------------------
def test_choices_survive_being_written_into_an_address(maker: Any) -> None:
    make_branch("N01")
    query = (
        "type=free&groups=loan&groups=card&age=33&tags=房贷;有车&trial=1&mode=senior&branch=N01"
        "&at=2026-12-01T08:30&skin=ink&shown.placement:popup=2&request=7&closed=splash,popup"
    )

    choices = read(query, maker)

    assert read(choices.query(), maker) == choices
    assert (choices.groups, choices.tags, choices.age) == (("loan", "card"), ("房贷", "有车"), 33)
    assert (choices.when, choices.is_trial, choices.mode) == (CHOSEN, True, "senior")
    assert choices.shown == (("placement:popup", 2),)
    assert choices.at == datetime(2026, 12, 1, 8, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("now", None),
        ("tonight", datetime(2026, 11, 25, 20, tzinfo=SHANGHAI)),
        ("monday", datetime(2026, 11, 30, 9, tzinfo=SHANGHAI)),
        ("someday", None),
    ],
)
def test_quick_moments(maker: Any, when: str, expected: datetime | None) -> None:
    assert read(f"when={when}", maker).at == expected


@pytest.mark.parametrize(
    "query",
    [
        "type=king", "type=%00", "groups=knights", "age=-1", "age=121", "age=x", "tags=%00",
        "trial=yes", "mode=kids", "when=%00", "at=1999-01-01T00:00", "at=never", "skin=../x",
        "shown.x=1", "shown.placement:popup=-1", "shown.placement:popup=100", "shown.=1",
        "closed=everything", "tap=x", "customer=C1", "branch=%00", "request=-1",
        "request=99999999999999999999",
    ],
)  # fmt: skip
def test_impossible_choices_fall_back(maker: Any, query: str) -> None:
    assert read(query, maker) == Choices()
    assert sign_in(maker).get(f"{PREVIEW}?{query}").status_code == 200


def test_the_first_seconds_of_a_minute_are_kept(maker: Any) -> None:
    moment = datetime(2026, 12, 1, 8, 30, 20, tzinfo=SHANGHAI)

    assert read(Choices(at=moment).query(), maker).at == moment


# --- whom it is shown to --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "groups", "age"),
    [
        ("visitor", set(), None),
        ("payroll", {"payroll"}, 32),
        ("loan", {"loan"}, 40),
        ("card", {"card"}, 29),
        ("social", {"social"}, 45),
        ("wealth", {"wealth"}, 48),
        ("senior", {"senior", "social"}, 68),
    ],
)
def test_ready_made_types(bank: Any, maker: Any, kind: str, groups: set[str], age: Any) -> None:
    make_branch("N01")

    person = scene_of(bank, maker, f"type={kind}&branch=N01&trial=1", WEDNESDAY).person

    assert person.facts.groups == groups
    assert person.facts.birth_year == (None if age is None else 2026 - age)
    assert person.facts.branch_path
    assert person.facts.is_trial


def test_a_customer_by_number_is_themselves(bank: Any, maker: Any) -> None:
    customer(groups=["card"], birth_year=1980, branch=make_branch("N01"), tags=["房贷"])
    Preference.objects.create(customer_number="C1", mode="senior", changed_at=timezone.now())

    scene = scene_of(bank, maker, "type=customer&customer=C1")

    assert scene.person.facts.groups == {"card"}
    assert scene.mode == "senior"
    assert summary_of(scene).startswith("Customer C1 · Senior mode")


def test_only_customers_whom_the_operator_may_look_up(bank: Any, maker: Any, beta: Any) -> None:
    north, south = make_branch("N01"), make_branch("S01")
    northerner = make_operator("nora", "branch", branch=north)
    administrator = make_operator("adam", "administrator")
    customer("C1", branch=south, groups=["loan"])
    with tenant_context(beta):
        customer("B1", groups=["loan"])

    assert read("type=customer&customer=C1", maker).customer is not None
    for operator, number in ((northerner, "C1"), (administrator, "C1"), (maker, "B1")):
        assert read(f"type=customer&customer={number}", operator).customer is None
    page = text_of(sign_in(maker).get(f"{PREVIEW}?type=customer&customer=B1"))
    assert "There is no customer B1 here" in page
    assert 'value="customer"' not in text_of(sign_in(administrator).get(PREVIEW))


# --- the same as the API --------------------------------------------------------------------------
def same(home: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return dict(home) == dict(other)


@pytest.mark.parametrize("mode", ["", "standard", "senior"])
def test_the_phone_shows_just_what_the_api_gives(
    bank: Any, maker: Any, checker: Any, mode: str
) -> None:
    customer(groups=["loan"], birth_year=1980, branch=make_branch("N01"))
    publish(maker, checker, make_draft(maker, "Read me", must_read=True, for_seniors=True))
    live_ad(maker, checker, audience=LOAN, for_seniors=True)
    live_ad(maker, checker, "Popup", placement="popup")
    live_ad(maker, checker, "Nobody's", audience={"all": [
        {"field": "groups", "op": "any", "values": ["campus"]}
    ]})  # fmt: skip

    with time_machine.travel(timezone.now(), tick=False):
        given = Phone(number="C1").home(f"?mode={mode}" if mode else "")
        scene = scene_of(bank, maker, f"type=customer&customer=C1&mode={mode}")
        typical = scene_of(
            bank, maker, f"type=free&groups=loan&age={2026 - 1980}&branch=N01&mode={mode}"
        )

    assert same(scene.home, given)
    assert same(typical.home, given)
    assert len(given["placements"]["home_banner"]) == 1


def test_the_frame_gets_every_choice_of_the_desk(bank: Any, maker: Any, checker: Any) -> None:
    live_ad(maker, checker, audience=LOAN)
    client = sign_in(maker)
    desk = text_of(client.get(f"{PREVIEW}?type=loan&when=tonight&mode=senior&skin=ink"))

    found = re.search(r'src="(/preview/frame/\?[^"]*)"', desk)

    assert found is not None
    query = QueryDict(unescape(found.group(1)).partition("?")[2])
    assert (query["type"], query["mode"], query["skin"]) == ("loan", "senior", "ink")
    assert query["at"].endswith("T20:00")
    assert client.get(unescape(found.group(1))).status_code == 200


# --- why not --------------------------------------------------------------------------------------
def reckoning(bank: Any, maker: Any, query: str = "", now: datetime | None = None) -> Any:
    return desk_context(scene_of(bank, maker, query, now), bank, maker)["reckoning"]


def failing(found: Any) -> dict[str, list[str]]:
    return {line.item.title: [reason.key for reason in line.failing] for line in found.hidden}


def test_each_rule_that_fails_is_named(bank: Any, maker: Any, checker: Any) -> None:
    noon = timezone.localtime().replace(hour=12, minute=0) + timedelta(days=1)
    every_day = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "03:00", "until": "03:10"}]
    live_ad(maker, checker, "Later", starts_at=noon + timedelta(days=2))
    live_ad(maker, checker, "By night", windows=every_day)
    live_ad(maker, checker, "Borrowers", audience=LOAN)
    live_ad(maker, checker, "Northern", branch=make_branch("N01"))
    live_ad(
        maker, checker, "On trial", starts_at=noon + timedelta(days=1),
        trial_starts_at=noon - timedelta(hours=1),
    )  # fmt: skip
    capped = live_ad(maker, checker, "Twice a day", daily_cap=2)
    at = f"at={noon:%Y-%m-%dT%H:%M}"

    found = reckoning(bank, maker, f"{at}&shown.{capped.uid}=2")

    assert failing(found) == {
        "Later": ["period"],
        "By night": ["windows"],
        "Borrowers": ["audience"],
        "Northern": ["branch"],
        "On trial": ["period", "trial"],
        "Twice a day": ["cap"],
    }
    shown = reckoning(bank, maker, f"{at}&type=loan&branch=N01&trial=1&shown.{capped.uid}=1")
    assert {"Borrowers", "Northern", "Twice a day"} <= {line.item.title for line in shown.shown}


def test_an_outranked_ad_is_told_its_place(bank: Any, maker: Any, checker: Any) -> None:
    live_ad(maker, checker, "First", placement="popup", priority=2)
    live_ad(maker, checker, "Second", placement="popup", priority=1)

    page = text_of(sign_in(maker).get(PREVIEW))

    line = page[page.index("<strong>Second</strong>") :].partition("</li>")[0]
    assert "reason-no" in line
    assert "Outranked" in line
    assert "1" in line
    assert "Slot 1" in page[page.index("<strong>First</strong>") :].partition("</li>")[0]


def test_what_shows_on_the_phone_and_in_the_list_is_the_same(
    bank: Any, maker: Any, checker: Any
) -> None:
    for number in range(8):
        live_ad(maker, checker, f"Banner {number}", weight=number + 1)
    scene = scene_of(bank, maker, "type=payroll")

    on_the_phone = [each["id"] for each in scene.home["placements"]["home_banner"]]
    listed = desk_context(scene, bank, maker)["reckoning"]

    assert {line.item.id for line in listed.shown} == set(on_the_phone)
    assert len(listed.shown) + len(listed.hidden) == 8


def test_the_change_under_preview_is_told_of_first(bank: Any, maker: Any, checker: Any) -> None:
    live_ad(maker, checker, "Another", audience=LOAN)
    draft = make_ad(maker, title="Proposed", audience=LOAN)
    client = sign_in(maker)

    meant = text_of(client.get(f"{DESK}?draft={draft.uid}"))
    other = text_of(client.get(f"{DESK}?draft={draft.uid}&type=card"))

    assert "This change shows to this customer" in meant
    assert "This change does not show to this customer" in other
    assert other.index("<strong>Proposed</strong>") < other.index("<strong>Another</strong>")


def test_counters_can_be_set_where_something_is_capped(maker: Any, checker: Any) -> None:
    free, capped = live_ad(maker, checker, "Free"), live_ad(maker, checker, "Capped", daily_cap=1)

    page = text_of(sign_in(maker).get(f"{PREVIEW}?shown.{capped.uid}=1"))

    assert f'name="shown.{capped.uid}" min="0" max="99" value="1"' in page
    assert f"shown.{free.uid}" not in page


def test_assumed_shows_of_today_add_to_what_a_customer_has_seen(bank: Any, maker: Any) -> None:
    customer()
    uid, day = uuid4(), timezone.localdate()
    ShowCounter.objects.create(customer_number="C1", subject=str(uid), lifetime=7, day=day, today=2)

    for shown, expected in (("", (7, 2)), (f"&shown.{uid}=5", (7, 5)), (f"&shown.{uid}=9", (9, 9))):
        person = scene_of(bank, maker, f"type=customer&customer=C1{shown}").person
        assert person.counters[str(uid)] == expected


# --- skins ----------------------------------------------------------------------------------------
def test_a_skin_that_customers_cannot_choose_is_not_shown(bank: Any, maker: Any) -> None:
    Skin.objects.create(
        code="x-feast", name="Feast", primary="#8A1C1C", accent="#E0B354", is_festival=True,
        starts_at=WEDNESDAY, ends_at=WEDNESDAY + timedelta(days=3),
    )  # fmt: skip
    Skin.objects.create(code="x-blue", name="Blue", primary="#123456", accent="#abcdef")
    client = sign_in(maker)

    worn = text_of(client.get(f"{PREVIEW}?skin=x-blue"))
    refused = text_of(client.get(f"{PREVIEW}?skin=x-feast&at=2026-12-20T09:00"))

    assert "--primary: #123456" in worn
    assert "cannot choose that skin" not in worn
    assert "--primary: #8A1C1C" not in refused
    assert "cannot choose that skin" in refused


# --- who may look ---------------------------------------------------------------------------------
def test_the_narrow_desk_alone_may_be_framed_and_only_here(maker: Any) -> None:
    answer = sign_in(maker).get(DESK)

    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def allow(operator: Any, codename: str) -> None:
    group = Group.objects.create(name=f"only {codename}")
    found = Permission.objects.get(
        codename=codename, content_type__app_label__startswith="announcements"
    )
    group.permissions.add(found)
    operator.groups.add(group)


def test_viewers_of_ads_may_look_too(bank: Any) -> None:
    nobody = make_operator("nobody")
    viewer = make_operator("vera")
    allow(viewer, "view_ad")

    for path in (PREVIEW, DESK, FRAME):
        assert sign_in(nobody).get(path).status_code == 403
        assert sign_in(viewer).get(path).status_code == 200


def test_an_ad_s_draft_is_hidden_from_who_may_not_see_ads(maker: Any) -> None:
    draft = make_ad(maker)
    reader = make_operator("rita")
    allow(reader, "view_announcement")

    assert sign_in(reader).get(f"{FRAME}?draft={draft.uid}").status_code == 404
    assert sign_in(maker).get(f"{FRAME}?draft={draft.uid}").status_code == 200


def test_another_bank_s_requests_and_drafts_are_not_there(maker: Any, beta: Any) -> None:
    with tenant_context(beta):
        other = make_operator("bert", "maker")
        notice = make_draft(other, "Beta's notice")
        picture = make_ad(other, title="Beta's banner")
        asked = submit_for_review(actor=other, draft=make_draft(other, "Beta's request"))
    assert not Request.objects.filter(pk=asked.pk).exists()
    client = sign_in(maker)

    for query in (f"draft={notice.uid}", f"draft={picture.uid}", f"request={asked.pk}"):
        for path in (PREVIEW, DESK, FRAME):
            assert client.get(f"{path}?{query}").status_code == 404, (path, query)
