"""The catalogue of skins: readable colours, one festival at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from announcements.catalogue.models import Skin
from announcements.catalogue.services import save_skin
from audit.models import AuditEvent
from operators.choices import PlatformRole
from operators.entries import InvalidEntry
from operators.models import Operator
from tests.operators.people import PASSWORD, make_operator


@pytest.fixture
def keeper(db: None) -> Operator:
    return make_operator("keeper", PlatformRole.OPERATOR)


@pytest.fixture
def console(keeper: Operator) -> Client:
    client = Client(HTTP_HOST="console.localhost", HTTP_ACCEPT_LANGUAGE="en")
    assert client.login(username="keeper", password=PASSWORD)
    client.cookies["django_language"] = "en"
    return client


def skin(code: str = "x-spring", **fields: Any) -> Skin:
    given = {"name": code.title(), "primary": "#B5121B", "accent": "#F2B84B", **fields}
    return Skin(code=code, **given)


def festival(code: str, start: str, end: str) -> Skin:
    period = [datetime.fromisoformat(f"{day}T00:00+08:00") for day in (start, end)]
    return skin(code, is_festival=True, starts_at=period[0], ends_at=period[1])


def refusal(keeper: Operator, given: Skin) -> str:
    with translation.override("en"), pytest.raises(InvalidEntry) as caught:
        save_skin(actor=keeper, skin=given)
    return str(caught.value)


def test_a_skin_on_which_white_words_cannot_be_read_is_not_stored(keeper: Operator) -> None:
    sentence = refusal(keeper, skin(primary="#F2B84B"))

    assert "have a contrast of 1.78 : 1; at least 4.5 : 1 is needed" in sentence
    assert "The nearest darker shade that passes is #" in sentence
    assert not Skin.objects.filter(code="x-spring").exists()
    assert not AuditEvent.objects.filter(event="announcements_catalogue.skin_saved").exists()


def test_colours_are_kept_in_capitals(keeper: Operator) -> None:
    save_skin(actor=keeper, skin=skin(primary="#b5121b", accent="#f2b84b"))

    assert Skin.objects.values_list("primary", "accent").get(code="x-spring") == (
        "#B5121B", "#F2B84B",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        ("2027-02-01", "2027-02-10", True),
        ("2027-02-20", "2027-03-01", True),
        ("2027-01-01", "2027-03-01", True),
        ("2027-02-21", "2027-03-01", False),
        ("2027-01-01", "2027-01-30", False),
    ],
)
def test_two_festivals_never_overlap(
    keeper: Operator, start: str, end: str, overlaps: bool
) -> None:
    save_skin(actor=keeper, skin=festival("x-spring", "2027-01-30", "2027-02-21"))
    other = festival("x-lantern", start, end)

    if overlaps:
        sentence = refusal(keeper, other)
        assert "“X-Spring” is worn already (2027-01-30 00:00 to 2027-02-21 00:00)" in sentence
    else:
        save_skin(actor=keeper, skin=other)


def test_a_festival_does_not_overlap_with_itself_when_it_is_saved_again(keeper: Operator) -> None:
    saved = save_skin(actor=keeper, skin=festival("x-spring", "2027-01-30", "2027-02-21"))
    saved.name = "新春"

    assert save_skin(actor=keeper, skin=saved).name == "新春"


def test_the_word_for_a_bank_s_own_palette_is_no_skin_s_code(keeper: Operator) -> None:
    assert "stands for a bank's own palette" in refusal(keeper, skin("own"))


def fields(**changes: str) -> dict[str, str]:
    return {
        "code": "x-spring", "name": "新春", "mood": "", "position": "9", "primary": "#B5121B",
        "accent": "#F2B84B", "is_festival": "on", "starts_at": "2027-01-30T00:00",
        "ends_at": "2027-02-21T00:00", **changes,
    }  # fmt: skip


ADD = "platform:announcements_catalogue_skin_add"


def test_the_platform_adds_a_festival_in_its_console(console: Client) -> None:
    answer = console.post(reverse(ADD, urlconf="config.urls_platform"), fields())

    assert answer.status_code == 302
    saved = Skin.objects.get(code="x-spring")
    assert saved.starts_at is not None
    assert saved.starts_at.isoformat() == "2027-01-29T16:00:00+00:00"
    page = console.get("/admin/announcements_catalogue/skin/").content.decode()
    assert "2027-01-30 00:00 – 2027-02-21 00:00" in page
    assert "6.84 : 1" in page


def test_the_form_says_at_the_field_what_is_wrong(console: Client) -> None:
    answer = console.post(
        reverse(ADD, urlconf="config.urls_platform"), fields(primary="#F2B84B", ends_at="")
    )

    form = answer.context["adminform"].form
    assert "1.78 : 1" in form.errors["primary"][0]
    assert not Skin.objects.filter(code="x-spring").exists()


def test_a_festival_without_a_period_is_refused_and_an_ordinary_skin_needs_none(
    console: Client,
) -> None:
    address = reverse(ADD, urlconf="config.urls_platform")

    refused = console.post(address, fields(ends_at=""))
    assert "A festival skin needs a start and a later end." in str(
        refused.context["adminform"].form.errors
    )

    changes = {"is_festival": ""}
    data = {name: value for name, value in fields(**changes).items() if value}
    assert console.post(address, data).status_code == 302
    assert Skin.objects.get(code="x-spring").starts_at is None


def test_a_skin_that_nobody_drew_wears_the_plain_scene(console: Client, keeper: Operator) -> None:
    save_skin(actor=keeper, skin=skin("x-plain"))

    page = console.get("/admin/announcements_catalogue/skin/").content.decode()

    assert "preview/skins/own" in page
    assert "preview/skins/x-plain" not in page
