"""The phone: every placement, in both modes; one touch closes what covers the page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from announcements.catalogue.models import AppFunction
from mobile.preview.choices import Choices
from mobile.preview.scenes import build_scene
from mobile.preview.screens import arranged, artwork_of
from publishing.services import request_withdrawal, submit_for_review
from publishing.withdrawals import request_withdrawals
from tests.announcements.ads import SIZES, make_ad, make_placements
from tests.approvals.people import make_draft, publish, sign_in
from tests.mobile.test_preview import FRAME, text_of

PLACES = ("splash", "home_banner", "popup", "floating", "zone_banner")
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def _placements(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "floating", (72, 72, 1, []))
    monkeypatch.setitem(SIZES, "zone_banner", (343, 96, 2, []))
    make_placements()


def ad(maker: Any, placement: str = "home_banner", **fields: Any) -> Any:
    words = {"title": f"The {placement}", "alt_text": f"Seen at the {placement}"}
    return make_ad(maker, **{"placement": placement, **words, **fields})


def live_ad(maker: Any, checker: Any, placement: str = "home_banner", **fields: Any) -> Any:
    draft = ad(maker, placement, **fields)
    publish(maker, checker, draft)
    return draft


def seen(page: str) -> set[str]:
    return {code for code in PLACES if f'alt="Seen at the {code}"' in page}


def link(page: str, css_class: str) -> str:
    found = re.search(rf'<a class="{css_class}" href="([^"]*)"', page)
    assert found is not None, css_class
    return FRAME + unescape(found.group(1))


def test_a_customer_meets_the_opening_screen_the_popup_and_the_page(
    maker: Any, checker: Any
) -> None:
    for code in PLACES:
        live_ad(maker, checker, code)
    client = sign_in(maker)

    splash = text_of(client.get(FRAME))
    popup = text_of(client.get(link(splash, "splash-skip")))
    page = text_of(client.get(link(popup, "popup-close")))
    bare = text_of(client.get(link(page, "floating-close")))

    assert seen(splash) == {"splash"}
    assert seen(popup) == set(PLACES) - {"splash"}
    assert seen(page) == {"home_banner", "floating", "zone_banner"}
    assert seen(bare) == {"home_banner", "zone_banner"}


def test_a_picture_has_its_three_sizes(maker: Any, checker: Any) -> None:
    draft = live_ad(maker, checker)

    page = text_of(sign_in(maker).get(f"{FRAME}?aside=1"))

    names = draft.picture.variants
    assert f'src="/media/{names["1x"]["name"]}"' in page
    for size in ("1x", "2x", "3x"):
        assert f"/media/{names[size]['name']} {size}" in page


def test_all_banners_are_there_without_a_script_the_first_one_first(
    maker: Any, checker: Any
) -> None:
    for priority in (1, 3, 2):
        live_ad(maker, checker, alt_text=f"Banner {priority}", priority=priority)

    page = text_of(sign_in(maker).get(f"{FRAME}?aside=1"))

    assert re.findall(r'alt="(Banner \d)"', page) == ["Banner 3", "Banner 2", "Banner 1"]
    dots = page[page.index('class="dots"') :].partition("</p>")[0]
    assert dots.count("<i") == 3


def test_senior_mode_shows_only_what_is_suitable(maker: Any, checker: Any) -> None:
    for code in ("splash", "popup", "home_banner"):
        live_ad(maker, checker, code)
    live_ad(maker, checker, alt_text="Large and clear", for_seniors=True)

    page = text_of(sign_in(maker).get(f"{FRAME}?mode=senior"))

    assert seen(page) == set()
    assert "Large and clear" in page
    assert "splash-skip" not in page
    assert "popup-close" not in page


def test_a_touch_says_where_it_would_lead_and_leads_nowhere(maker: Any, checker: Any) -> None:
    AppFunction.objects.get_or_create(code="x-topup", defaults={"name": "Top up", "group": "life"})
    draft = live_ad(maker, checker, link_kind="function", link_target="x-topup")
    client = sign_in(maker)

    page = text_of(client.get(f"{FRAME}?aside=1"))
    touched = text_of(client.get(f"{FRAME}?aside=1&tap={draft.uid}"))

    assert 'class="toast"' not in page
    assert "Top up" in page[page.index("carousel") :]
    toast = touched[touched.index('class="toast"') :]
    assert "Top up" in toast
    assert not re.search(r'href="(?!\?|/static/)', page.partition("<body")[2])


def test_nothing_covers_the_change_that_is_looked_at(maker: Any, checker: Any) -> None:
    live_ad(maker, checker, "splash")
    live_ad(maker, checker, "popup")
    banner, popup = (
        ad(maker, alt_text="Proposed banner"),
        ad(maker, "popup", alt_text="Proposed", priority=1),
    )
    client = sign_in(maker)

    of_banner = text_of(client.get(f"{FRAME}?draft={banner.uid}"))
    of_popup = text_of(client.get(f"{FRAME}?draft={popup.uid}"))

    assert "is-proposed" in of_banner
    assert seen(of_banner) == set()
    assert 'class="popup is-proposed"' in of_popup
    assert 'alt="Proposed"' in of_popup


def test_a_requested_ad_is_shown_and_a_withdrawn_one_is_gone(maker: Any, checker: Any) -> None:
    shown = live_ad(maker, checker)
    asked = submit_for_review(actor=maker, draft=ad(maker, alt_text="Proposed banner"))
    going = request_withdrawal(actor=maker, kind="ad", target_id=shown.uid)
    client = sign_in(checker)

    proposed = text_of(client.get(f"{FRAME}?request={asked.pk}"))
    without = text_of(client.get(f"{FRAME}?request={going.pk}"))

    assert "Proposed banner" in proposed
    assert seen(proposed) == {"home_banner"}
    assert seen(without) == set()


def test_several_withdrawals_at_once_are_shown_gone(maker: Any, checker: Any) -> None:
    banner, zone = live_ad(maker, checker), live_ad(maker, checker, "zone_banner")
    live_ad(maker, checker, "floating")
    targets = [("ad", str(banner.uid)), ("ad", str(zone.uid))]
    asked = request_withdrawals(actor=maker, targets=targets)
    client = sign_in(checker)

    assert seen(text_of(client.get(f"{FRAME}?request={asked.pk}"))) == {"floating"}
    page = client.get(f"/admin/approvals/request/{asked.pk}/change/").content.decode()
    assert f"/preview/desk/?request={asked.pk}" in page


def test_a_change_is_shown_to_whom_and_when_it_is_meant(maker: Any, bank: Any) -> None:
    draft = ad(
        maker,
        alt_text="For borrowers at nine",
        audience={"all": [{"field": "groups", "op": "any", "values": ["loan"]}]},
        windows=[{"days": [1], "from": "09:00", "until": "10:00"}],
    )
    now = datetime(2026, 11, 25, 12, tzinfo=SHANGHAI)  # a Wednesday
    draft.starts_at = now - timedelta(days=1)
    draft.save()

    choices = Choices(draft=draft.uid)
    scene = build_scene(bank, choices, operator=maker, now=now)

    assert scene.choices.who == "loan"
    assert timezone.localtime(scene.at) == datetime(2026, 11, 30, 9, tzinfo=SHANGHAI)
    assert [each["alt"] for each in scene.pictures("home_banner")] == ["For borrowers at nine"]
    assert scene.choices.query() == f"type=loan&at=2026-11-30T09%3A00&draft={draft.uid}"


def test_functions_that_stay_come_first_in_the_order_given() -> None:
    functions = [{"code": code, "locked": code in "ac"} for code in "dabce"]

    assert [function["code"] for function in arranged(functions)] == list("acdbe")


def test_a_draft_without_a_picture_says_so(maker: Any) -> None:
    draft = ad(maker)
    draft.picture = None
    draft.save()

    page = text_of(sign_in(maker).get(f"{FRAME}?draft={draft.uid}"))

    assert 'class="no-picture"' in page


def test_a_skin_without_artwork_of_its_own_has_none() -> None:
    assert artwork_of("huxiang") == "preview/skins/huxiang.svg"
    assert artwork_of("no-such-skin") == ""


def test_an_announcement_opens_from_an_ad(maker: Any, checker: Any) -> None:
    notice = make_draft(maker, "Read about it", body="<p>All of it.</p>")
    publish(maker, checker, notice)
    live_ad(maker, checker, link_kind="announcement", link_target=str(notice.uid))
    client = sign_in(maker)

    page = text_of(client.get(f"{FRAME}?aside=1"))

    carousel = page[page.index("carousel") :]
    found = re.search(r'<a href="([^"]*)"', carousel)
    assert found is not None
    assert "All of it." in text_of(client.get(FRAME + unescape(found.group(1))))
