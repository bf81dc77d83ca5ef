from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from announcements.ads.models import Ad
from announcements.catalogue.models import AppFunction
from publishing.models import Publication
from tenants.platform import PLATFORM
from tests.announcements.ads import make_ad, make_picture, make_placements
from tests.approvals.people import make_operator, publish, sign_in

PAGE = "/admin/announcements_ads/ad/"

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(autouse=True)
def placements(bank: Any) -> None:
    make_placements()


def form(**fields: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "title": "Spring", "placement": "home_banner", "alt_text": "Spring deposits",
        "link-kind": "none", "starts_at": "2026-12-01T09:00", "ends_at": "",
        "trial_starts_at": "", "branch": "", "priority": "", "weight": "", "slot": "",
        "daily_cap": "", "lifetime_cap": "", "opened_version": "", **fields,
    }  # fmt: skip
    if "picture" not in given:
        given["picture"] = str(make_picture(given["placement"]).uid)
    return given


def test_a_maker_writes_an_ad_in_the_form(maker: Any) -> None:
    AppFunction.objects.create(code="transfer", name="Transfer", group="Accounts")
    client = sign_in(maker)
    assert '<optgroup label="Accounts">' in client.get(f"{PAGE}add/").content.decode()
    given = form(
        **{
            "link-kind": "function", "link-function": "transfer", "link-url": "https://x.example/",
            "windows-0-days": ["1", "2"], "windows-0-from": "9:00", "windows-0-until": "２４：００",
            "windows-3-days": ["6"], "windows-3-from": "10:00", "windows-3-until": "12:00",
            "audience-groups_any": ["loan"], "slot": "3", "for_seniors": "on",
        }
    )  # fmt: skip

    response = client.post(f"{PAGE}add/", given)

    assert response.status_code == 302, response.content.decode()
    ad = Ad.objects.get()
    assert (ad.link_kind, ad.link_target, ad.slot, ad.weight, ad.for_seniors) == (
        "function", "transfer", 3, 10, True,
    )  # fmt: skip
    assert ad.windows == [
        {"days": [1, 2], "from": "09:00", "until": "24:00"},
        {"days": [6], "from": "10:00", "until": "12:00"},
    ]
    assert ad.audience == {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
    page = client.get(f"{PAGE}{ad.pk}/change/").content.decode()
    assert 'value="transfer" selected' in page
    assert 'value="24:00"' in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"weight": "0"}, "weight"),
        ({"slot": "2"}, "Slots that the bank may use: 1, 3, 4, 5"),
        ({"link-kind": "url", "link-url": "javascript:alert(1)"}, "must begin with https://"),
        ({"link-kind": "url", "link-url": "https://x.example/"}, "not on the list of hosts"),
        ({"link-kind": "function", "link-function": ""}, "Choose where the link leads"),
        ({"link-kind": "<script>"}, "no kind of link"),
        ({"windows-0-days": ["1"]}, "no time of day"),
        ({"windows-0-from": "09:00", "windows-0-until": "10:00"}, "at least one weekday"),
        ({"picture": ""}, "needs a picture"),
        ({"picture": "nonsense"}, "picture"),
        ({"alt_text": ""}, "required"),
        ({"trial_starts_at": "2026-12-02T09:00"}, "trial"),
    ],
)
def test_a_bad_form_comes_back_with_a_sentence_and_the_input(
    maker: Any, fields: dict[str, Any], said: str
) -> None:
    response = sign_in(maker).post(f"{PAGE}add/", form(**fields))

    page = response.content.decode()
    assert response.status_code == 200
    assert said in page
    assert 'value="Spring"' in page
    assert not Ad.objects.exists()


def test_the_buttons_take_an_ad_through_its_life(maker: Any, checker: Any) -> None:
    ad = make_ad(maker)
    client = sign_in(maker)

    def press(who: Any, verb: str, **fields: str) -> int:
        address = f"{PAGE}{ad.pk}/{verb}/"
        return who.post(address, {"_form_submitted": "on", **fields}).status_code

    assert press(client, "submit", note="please") == 302
    assert press(client, "withdraw-review") == 302
    publish(maker, checker, ad)
    assert press(client, "copy") == 302
    copied = Ad.objects.exclude(pk=ad.pk).get()
    assert client.post(f"{PAGE}{copied.pk}/discard/", {"_form_submitted": "on"}).status_code == 302
    assert press(client, "withdraw-now", reason="no") == 403
    assert press(sign_in(checker), "withdraw-now", reason="typo") == 302
    assert Publication.objects.filter(target_id=ad.uid, action="withdraw").count() == 1
    assert Ad.objects.get() == ad


def test_the_list_shows_picture_stage_link_and_audience(
    maker: Any, checker: Any, viewer: Any
) -> None:
    publish(maker, checker, make_ad(maker, title="Live one"))
    make_ad(maker, title="Draft one", slot=3)

    page = sign_in(viewer).get(PAGE).content.decode()

    assert page.count('class="fx-thumbnail"') == 2
    for words in ("Live one", "Draft one", "slot 3", "nowhere"):
        assert words in page
    assert "Live one" not in sign_in(viewer).get(f"{PAGE}?tab=draft").content.decode()


def test_who_may_only_look_reads_words_instead_of_controls(maker: Any, viewer: Any) -> None:
    ad = make_ad(maker, windows=[{"days": [1], "from": "09:00", "until": "10:00"}])

    page = sign_in(viewer).get(f"{PAGE}{ad.pk}/change/").content.decode()

    assert "Mon 09:00–10:00" in page
    assert 'name="link-kind"' not in page
    assert "windows-0-days" not in page


def test_branch_staff_see_only_their_branchs_ads(
    maker: Any, northerner: Any, north: Any, south: Any
) -> None:
    mine = make_ad(maker, title="North", branch=north)
    other = make_ad(maker, title="South", branch=south)
    client = sign_in(northerner)

    page = client.get(PAGE).content.decode()
    assert "North" in page
    assert "South</a>" not in page
    assert client.get(f"{PAGE}{mine.pk}/change/").status_code == 200
    assert client.get(f"{PAGE}{other.pk}/change/").status_code == 302


def test_the_platform_has_the_same_page_without_branches(bank: Any) -> None:
    with tenant_context(PLATFORM):
        operator = make_operator("pia", "operator")
        picture = make_picture()
        client = sign_in(operator, "console.localhost")
        page = client.get(f"{PAGE}add/").content.decode()
        assert 'name="branch"' not in page
        given = form(picture=str(picture.uid), slot="2")
        del given["branch"]

        assert client.post(f"{PAGE}add/", given).status_code == 302
        assert Ad.objects.get().slot == 2
        for address in (PAGE, f"{PAGE}calendar/", "/admin/announcements_ads/adorder/"):
            assert client.get(address).status_code == 200
