"""The tour's steps about faces and ads: what a bank shows, and what its customers make of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from demo.browsing import Filling, Page
from demo.guide import BANK, CUSTOMER, FEED_SECONDS, OTHER, Tour, say
from demo.province import DATA, festivals
from demo.stage import Console, Phone, check, local, wait_for

THREE = ("changsha", "xingsha", "wangcheng")
TITLE, ALT = "秋日存款季（演示）", "秋日存款季，多存多得"
ADS, ADD = "announcements_ads/ad", "/admin/announcements_ads/ad/add/"
PICTURES = "/admin/announcements_ads/ad/pictures/"
PICTURE = DATA / "pictures" / "welcome_field.webp"
DAILY_CAP = 2
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="steal()"></svg>'


# --- three banks, three faces ---------------------------------------------------------------------
def three_faces(tour: Tour) -> None:
    """Three banks, three faces: skins, functions and ads differ, in both modes"""
    homes = {slug: tour.phone(slug).home() for slug in THREE}
    _skins_differ({slug: home["skin"] for slug, home in homes.items()})
    for what, of in (("functions", _functions), ("ads", _ads)):
        check(len({of(home) for home in homes.values()}) == len(THREE), f"the {what} are the same")
    for slug, home in homes.items():
        say(
            f"{slug}: skin {home['skin']}, {len(_functions(home))} functions, {len(_ads(home))} ads"
        )
        check(home["mode"] == "standard", f"a visitor of {slug} starts in mode {home['mode']}")
        check(home["placements"]["splash"], f"a visitor of {slug} gets no splash")
        _senior_mode_is_calmer(slug, home, tour.phone(slug).home("senior"))
    say("a visitor without sign-in gets splash and home; senior mode shows only what is marked")


def _skins_differ(skins: dict[str, str]) -> None:
    today = timezone.localdate()
    festive = {each.code for each in festivals(today) if each.starts_on <= today < each.ends_on}
    if set(skins.values()) <= festive:
        say("today is a festival: the province's skin is worn everywhere, as its template locks")
        return
    check(len(set(skins.values())) == len(THREE), f"the skins do not differ: {skins}")


def _senior_mode_is_calmer(slug: str, standard: dict[str, Any], senior: dict[str, Any]) -> None:
    check(senior["mode"] == "senior", f"{slug} does not give the senior mode")
    fewer = len(_functions(senior)) < len(_functions(standard))
    check(fewer, f"{slug} has no fewer functions in senior mode")
    for code in ("splash", "popup", "floating"):
        check(not senior["placements"][code], f"{slug} shows a {code} in senior mode")
    # In the demo the province's warning of fraud is marked as suitable, and the social cards.
    shown = {item["alt"] for item in senior["placements"]["home_banner"]}
    marked = {alt for alt in shown if alt.startswith(("守护", "社保"))}
    check(shown == marked, f"{slug} shows what is not marked in senior mode: {shown - marked}")


def _functions(home: dict[str, Any]) -> tuple[str, ...]:
    return tuple(each["code"] for each in home["functions"])


def _ads(home: dict[str, Any]) -> tuple[str, ...]:
    return tuple(each["alt"] for place in home["placements"].values() for each in place)


# --- an ad ----------------------------------------------------------------------------------------
def take_in_pictures(tour: Tour) -> None:
    """The maker uploads hostile pictures, then a good one, and crops it"""
    maker = tour.console(BANK, "maker")
    page = maker.open(ADD)
    for name, data in (("logo.svg", SVG), ("holiday.webp", PICTURE.read_bytes() + _archive())):
        refused = _upload(maker, page, name, data)
        check(400 <= refused.status < 500, f"{name} answers {refused.status}")
        say(f"{name}: {refused.status}. {refused.json['detail']}")
    taken = _upload(maker, page, "field.webp", PICTURE.read_bytes())
    check(taken.status == 200, f"a good picture answers {taken.status}: {taken.text[:200]}")
    original = taken.json["original"]
    width = original["width"] // 343 * 343
    box = {"x": 0, "y": original["height"] // 3, "width": width, "height": width // 343 * 140}
    numbers = {name: str(pixels) for name, pixels in box.items()}
    address = f"{PICTURES}{taken.json['uid']}/crop/"
    cropped = maker.browser.post(address, {**_token(page), **numbers})
    check(cropped.status == 200, f"the crop answers {cropped.status}: {cropped.text[:200]}")
    sizes = [f"{each['width']}×{each['height']}" for each in cropped.json["sizes"]]
    check(sizes[0] == "343×140", f"the crop has the sizes {sizes}")
    tour.notes["picture"] = cropped.json["uid"]
    say(f"field.webp: taken in, cropped to the placement: {', '.join(sizes)}")


def _upload(maker: Console, page: Page, name: str, data: bytes) -> Page:
    fields = {**_token(page), "placement": "home_banner"}
    return maker.browser.upload(PICTURES, fields, name, data)


def _token(page: Page) -> dict[str, str]:
    token = page.form("csrfmiddlewaretoken", "placement").fields["csrfmiddlewaretoken"]
    return {"csrfmiddlewaretoken": token}


def _archive() -> bytes:
    """A second document behind the picture: what is called a polyglot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("evil.exe", b"\x90" * 4000)
    return buffer.getvalue()


def draft_the_ad(tour: Tour) -> None:
    """The maker drafts the ad; a link off the allow-list is refused; a second person approves"""
    maker = tour.console(BANK, "maker")
    for address in ("https://prize.example/win", "javascript:alert(1)"):
        page = _draft(maker, tour, link_kind="url", link_url=address)
        check("/add/" in page.address and page.refusal(), f"a link to {address} was saved")
        say(f"link to {address}: {page.refusal()}")
    page = _draft(maker, tour, link_kind="function", link_function="time_deposit")
    check("/add/" not in page.address, f"the ad was not saved: {page.refusal()}")
    maker.press(maker.find(ADS, TITLE), "submit")
    phone = tour.phone(BANK, CUSTOMER)
    check(phone.ad(ALT) is None, "customers saw the ad before it was approved")
    checker = tour.console(BANK, "checker")
    page = checker.answer(checker.review(TITLE), "approve", status=400)
    say(f"approved without confirming it for seniors: refused. {page.refusal()}")
    check(phone.ad(ALT) is None, "customers see what nobody confirmed")
    checker.answer(checker.review(TITLE), "approve", comment="同意", confirmed="for_seniors")
    seconds = wait_for(lambda: phone.ad(ALT), FEED_SECONDS, "the phone does not show the ad")
    say(f"confirmed and approved: on the phone after {seconds:.1f} s, in senior mode, too")
    senior = phone.home("senior")["placements"]["home_banner"]
    check(any(each["alt"] == ALT for each in senior), "it is marked, and senior mode lacks it")


def _draft(maker: Console, tour: Tour, *, link_kind: str, **target: str) -> Page:
    page, now = maker.open(ADD), local(timezone.now())
    values: dict[str, Filling] = {
        "title": TITLE, "placement": "home_banner", "picture": tour.notes["picture"],
        "alt_text": ALT, "link-kind": link_kind, "priority": "9", "for_seniors": "on",
        "daily_cap": str(DAILY_CAP),
        "starts_at": now.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (now + timedelta(days=60)).strftime("%Y-%m-%dT%H:%M"),
        **{name.replace("_", "-"): value for name, value in target.items()},
    }  # fmt: skip
    return maker.browser.submit(page, page.form("title", "placement"), **values)


def serve_its_picture(tour: Tour) -> None:
    """Its picture is served by that bank's host, and by no other's"""
    shown = tour.phone(BANK, CUSTOMER).ad(ALT)
    check(shown, "the ad is not there")
    assert shown is not None
    address = shown["image"]["2x"]["url"]
    own = tour.phone(BANK).at_host(address)
    check(own.status == 200, f"the picture answers {own.status} at its own bank")
    check(own.headers["content-type"] == "image/webp", f"it is {own.headers['content-type']}")
    foreign = tour.phone(OTHER).at_host(address)
    check(foreign.status == 404, f"the picture answers {foreign.status} at {OTHER}")
    say(f"{own.headers['content-type']}, {own.headers['cache-control']}; at {OTHER}: 404")


# --- what the phones report -----------------------------------------------------------------------
def report_touchpoints(tour: Tour) -> None:
    """The phone reports shows; the same events twice count once; the daily cap holds"""
    phone = tour.phone(BANK, CUSTOMER)
    ad = phone.ad(ALT)
    check(ad, "the ad is not there")
    assert ad is not None
    events = [_event(ad, "impression") for _ in range(DAILY_CAP)] + [_event(ad, "click")]
    first, second = (_report(phone, events) for _ in range(2))
    check((first["accepted"], first["duplicates"]) == (3, 0), f"the first time: {first}")
    check((second["accepted"], second["duplicates"]) == (0, 3), f"the second time: {second}")
    say(f"3 events: {first['accepted']} taken; sent again: {second['duplicates']} known already")
    bad = _report(phone, [{**_event(ad, "impression"), "kind": "look"}])
    check(len(bad["refused"]) == 1, f"an event of no known kind: {bad}")
    say(f"an event of no known kind: {bad['refused'][0]['detail']}")
    sentence = f"shown more often than {DAILY_CAP} times a day"
    wait_for(lambda: phone.ad(ALT) is None, FEED_SECONDS, sentence)
    check(tour.phone(BANK, "D0000005").ad(ALT), "another customer does not see it any more")
    say(f"after {DAILY_CAP} shows it has left this customer's phone for today, not the others'")
    page = tour.console(BANK, "viewer").find(ADS, TITLE)
    check('data-value="2"' in page.text, "the ad's page does not count two shows")
    say("the ad's page shows the figures: 2 shows, 1 touch, 1 customer")


def _event(ad: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        "event_id": str(uuid4()), "kind": kind, "item": ad["id"], "item_kind": "ad",
        "version": ad["version"], "placement": "home_banner",
        "occurred_at": timezone.now().isoformat(),
    }  # fmt: skip


def _report(phone: Phone, events: list[dict[str, Any]]) -> dict[str, Any]:
    page = phone.send("POST", "touchpoints", {"events": events})
    check(page.status == 200, f"touchpoints answers {page.status}: {page.text[:200]}")
    document: dict[str, Any] = page.json
    return document


def choose_preferences(tour: Tour) -> None:
    """A customer chooses skin, mode and functions"""
    phone = tour.phone(BANK, CUSTOMER)
    before = phone.home()
    locked = [each["code"] for each in before["functions"] if each["locked"]]
    others = [code for code in _functions(before) if code not in locked]
    page = phone.send("PUT", "preferences", {"functions": others[:1]})
    check(page.status == 409, f"leaving out locked functions answers {page.status}")
    say(f"without the locked functions: {page.json['detail']}")
    wanted = [*locked, *reversed(others[:3])]
    skin = "dragon" if before["skin"] != "dragon" else "ink"
    page = phone.send("PUT", "preferences", {"skin": skin, "functions": wanted})
    check(page.status == 200, f"preferences answer {page.status}: {page.text[:200]}")
    changed = f"the home is not as the customer chose: {skin}, {wanted}"
    wait_for(lambda: _is(phone.home(), skin, wanted), FEED_SECONDS, changed)
    page = phone.send("PUT", "preferences", {"mode": "senior"})
    wait_for(lambda: phone.home()["mode"] == "senior", FEED_SECONDS, "no senior mode")
    phone.send("PUT", "preferences", {"mode": "", "functions": None})
    wait_for(lambda: phone.home()["mode"] == before["mode"], FEED_SECONDS, "no way back")
    say(f"skin {before['skin']} → {skin}, {len(wanted)} functions, senior mode and back again")


def _is(home: dict[str, Any], skin: str, functions: list[str]) -> bool:
    return home["skin"] == skin and list(_functions(home)) == functions


STEPS: list[Callable[[Tour], None]] = [
    three_faces, take_in_pictures, draft_the_ad, serve_its_picture, report_touchpoints,
    choose_preferences,
]  # fmt: skip
