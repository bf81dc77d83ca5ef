"""The keyboard's page in a real browser, against the real web server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect

from openapi_gateway.base_services.keyboard.layouts import GLYPHS
from tests.browser.axe import grave_findings
from tests.browser.conftest import chromium_browser, watch
from tests.openapi_gateway.keyboard.desks import Desk, running_desk
from tests.openapi_gateway.keyboard.phones import ORIGIN

# The mark of the database only makes sure that there is one; the pages are served by a process.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PIN = "135790"
PHONE, SMALL = {"width": 390, "height": 844}, {"width": 320, "height": 568}
LYING = {"width": 667, "height": 375}
OVERFLOWS = """document.documentElement.scrollWidth > innerWidth
    || document.documentElement.scrollHeight > innerHeight"""
REMEMBER = """() => {
  window.heard = [];
  window.addEventListener("rcb-pinpad", event => window.heard.push(event.detail));
}"""


@pytest.fixture(scope="module")
def desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[Desk]:
    with django_db_blocker.unblock(), running_desk() as running:
        yield running


@pytest.fixture(scope="module")
def chromium(desk: Desk) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, chromium_browser() as browser:
        # Playwright runs a loop in this thread, which Django takes for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield browser
        # While that loop runs, Django has a connection of its own for it.
        connection.close()


@pytest.fixture
def open_page(desk: Desk, chromium: Browser) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = []

    def opened(address: str = "", **options: Any) -> Page:
        context = chromium.new_context(locale="zh-CN", **{"viewport": PHONE, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watch(page, desk.province)
        page.add_init_script(f"({REMEMBER})()")
        if address:
            page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


def is_in(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", state)


def press(page: Page, layout: list[str], pin: str) -> None:
    """As fast as a script can, which is faster than the ciphertexts are made."""
    positions = [layout.index(GLYPHS[int(digit)]) for digit in pin]
    page.evaluate(
        """positions => {
          const keys = [...document.querySelectorAll(".key")];
          for (const position of positions) keys[position].click();
        }""",
        positions,
    )


def handed_over(page: Page) -> dict[str, Any]:
    is_in(page, "done")
    found: dict[str, Any] = page.evaluate("window.heard.find(each => each.status === 'done')")
    return found


@pytest.mark.parametrize("size", [PHONE, SMALL, LYING], ids=["phone", "small", "lying"])
def test_what_is_pressed_reaches_the_core_under_the_banks_key(
    desk: Desk, open_page: Callable[..., Page], size: dict[str, int]
) -> None:
    session = desk.begin()
    page = open_page(desk.address(session), viewport=size)
    is_in(page, "ready")
    assert not page.evaluate(OVERFLOWS)
    assert grave_findings(page) == []

    press(page, session.layout, PIN)
    page.click("#finish")

    ciphertext = handed_over(page)["ciphertext"]
    opened = desk.translated(session.session_id, ciphertext)
    assert list(opened) == [int(each) for each in PIN]
    assert grave_findings(page) == []
    assert page.faults == []  # type: ignore[attr-defined]


def test_deleting_and_clearing_are_part_of_what_is_handed_over(
    desk: Desk, open_page: Callable[..., Page]
) -> None:
    session = desk.begin()
    page = open_page(desk.address(session))
    is_in(page, "ready")

    press(page, session.layout, "98")
    page.locator(".tool").first.click()
    press(page, session.layout, "1352222")
    for _ in range(3):
        page.locator(".tool").last.click()
    expect(page.locator("#finish")).to_be_disabled()
    press(page, session.layout, "790")
    page.click("#finish")

    opened = desk.translated(session.session_id, handed_over(page)["ciphertext"])
    assert list(opened) == [int(each) for each in PIN]


def test_the_token_leaves_the_address_and_no_digit_is_in_the_page(
    desk: Desk, open_page: Callable[..., Page]
) -> None:
    session = desk.begin()
    page = open_page(desk.address(session))
    is_in(page, "ready")

    assert session.client_token not in page.url
    assert session.client_token not in page.content()
    pad = page.locator("#pad")
    assert not re.search(r"[0-9]", pad.inner_text())
    labels = pad.locator(".key").evaluate_all("keys => keys.map(each => each.ariaLabel)")
    # By their place, not by what they carry.
    assert [int(re.search(r"\d+", label)[0]) for label in labels] == list(range(1, 11))
    names = pad.evaluate("pad => pad.outerHTML")
    assert not any(f'"{glyph}"' in names for glyph in GLYPHS)
    assert page.locator("input:not([type=hidden]), textarea, [contenteditable]").count() == 0


def test_two_sessions_have_two_layouts(desk: Desk, open_page: Callable[..., Page]) -> None:
    drawings = set()
    for _ in range(4):
        page = open_page(desk.address(desk.begin()))
        is_in(page, "ready")
        keys = page.locator(".key path")
        drawings.add(tuple(keys.evaluate_all("all => all.map(each => each.getAttribute('d'))")))

    assert len(drawings) > 1
    assert all(len(set(drawn)) == 10 for drawn in drawings)


def test_a_page_of_another_platform_key_refuses(desk: Desk, open_page: Callable[..., Page]) -> None:
    page = open_page()
    changed = _answered_with(desk, page, lambda offer: offer["enc_key"].update(signature="A" * 86))
    page.goto(desk.address(desk.begin()))

    is_in(page, "untrusted")
    assert changed
    expect(page.locator("#verdict")).to_be_visible()
    assert page.locator(".key").count() == 0
    assert grave_findings(page) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda offer: offer["layout"].reverse(),
        lambda offer: offer.update(server_random="A" * 43),
        lambda offer: offer.update(purpose="set"),
        lambda offer: offer.update(expires_at="2030-01-01T00:00:00Z"),
        lambda offer: offer["enc_key"].update(pub="BA" + offer["enc_key"]["pub"][2:-2] + "AA"),
        lambda offer: offer["enc_key"].update(signed_by="nobody"),
        lambda offer: offer["enc_key"].update(alg="none"),
        lambda offer: offer.update(app_id="app_aaaaaaaaaaaaaaaa"),
    ],
    ids=["layout", "random", "purpose", "end", "key", "signer", "algorithm", "client"],
)
def test_whatever_is_changed_on_the_way_the_page_refuses(
    desk: Desk, open_page: Callable[..., Page], change: Callable[[dict[str, Any]], Any]
) -> None:
    page = open_page()
    _answered_with(desk, page, change)
    page.goto(desk.address(desk.begin()))

    is_in(page, "untrusted")


def _answered_with(desk: Desk, page: Page, change: Callable[[dict[str, Any]], Any]) -> list[str]:
    changed: list[str] = []

    def answer(route: Any) -> None:
        token = route.request.headers["authorization"]
        offer = desk.get(urlsplit(route.request.url).path, authorization=token).json()
        change(offer)
        changed.append(json.dumps(offer))
        route.fulfill(body=changed[-1], content_type="application/json")

    page.route("**/layout", answer)
    return changed


def test_an_ended_session_says_so_and_keeps_nothing(
    desk: Desk, open_page: Callable[..., Page]
) -> None:
    session = desk.begin()
    page = open_page()
    page.clock.install()
    page.goto(desk.address(session))
    is_in(page, "ready")
    press(page, session.layout, "13579")

    page.clock.fast_forward(121_000)

    is_in(page, "expired")
    assert page.locator(".key").count() == 0
    assert page.evaluate("window.heard.map(each => each.status)") == ["ready", "expired"]
    assert "ciphertext" not in str(page.evaluate("window.heard"))
    assert grave_findings(page) == []


def test_a_used_session_and_an_unknown_one_say_so(
    desk: Desk, open_page: Callable[..., Page]
) -> None:
    used = desk.begin()
    page = open_page(desk.address(used))
    is_in(page, "ready")
    press(page, used.layout, PIN)
    page.click("#finish")
    desk.translated(used.session_id, handed_over(page)["ciphertext"])

    is_in(open_page(desk.address(used)), "used")
    is_in(open_page(desk.address(None)), "unknown")
    other = desk.begin()
    wrong = desk.address(other).replace(other.client_token, used.client_token)
    is_in(open_page(wrong), "unknown")


def test_a_registered_page_gets_the_ciphertext_and_no_other_may_frame_it(
    desk: Desk, open_page: Callable[..., Page]
) -> None:
    session = desk.begin()
    page = open_page()
    body = f"""<!doctype html><script>
      window.heard = []; addEventListener("message", e => heard.push([e.origin, e.data]));
    </script><iframe src="{desk.address(session)}" width="380" height="780"></iframe>"""
    desk.shop.body = body.encode()

    page.goto(desk.shop.origin.replace("shop", "evil"))
    expect(page.frame_locator("iframe").locator("#pad")).to_have_count(0)
    page.goto(desk.shop.origin)
    frame = page.frame_locator("iframe")
    expect(frame.locator(".key")).to_have_count(10)
    for digit in PIN:
        frame.locator(".key").nth(session.layout.index(GLYPHS[int(digit)])).click()
    frame.locator("#finish").click()

    page.wait_for_function("heard.some(([, data]) => data.status === 'done')")
    origin, message = page.evaluate("heard.find(([, data]) => data.status === 'done')")
    assert origin == desk.province.address("sandbox.open", "")
    opened = desk.translated(message["session_id"], message["ciphertext"])
    assert list(opened) == [int(each) for each in PIN]


def test_digits_are_said_only_after_the_person_chose_so(
    desk: Desk, open_page: Callable[..., Page]
) -> None:
    session = desk.begin()
    page = open_page(desk.address(session), viewport=SMALL)
    is_in(page, "ready")

    page.click("#mode")
    assert grave_findings(page) == []
    page.click("dialog .quiet")
    expect(page.locator("body.accessible")).to_have_count(0)
    page.click("#mode")
    page.click("dialog .strong")

    expect(page.locator("body.accessible")).to_have_count(1)
    labels = page.locator(".key").evaluate_all("keys => keys.map(each => each.ariaLabel)")
    assert labels == [str(GLYPHS.index(name)) for name in session.layout]
    assert grave_findings(page) == []
    assert not page.evaluate(OVERFLOWS)
    for digit in PIN:
        page.get_by_role("button", name=digit, exact=True).press("Enter")
    page.locator("#finish").press("Enter")
    opened = desk.translated(session.session_id, handed_over(page)["ciphertext"])
    assert list(opened) == [int(each) for each in PIN]


def test_the_page_is_framed_by_registered_origins_alone_and_loosens_nothing(desk: Desk) -> None:
    def headers(path: str) -> httpx.Headers:
        answer = desk.get(path)
        assert answer.status_code == 200
        return answer.headers

    own, alone = headers(f"/keyboard/{desk.app_id}/"), headers("/keyboard/")
    unknown = headers("/keyboard/app_aaaaaaaaaaaaaaaa/")

    policy = own["content-security-policy"]
    assert f"frame-ancestors {ORIGIN} {desk.shop.origin}" in policy
    assert "default-src 'self'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert "x-frame-options" not in own
    for other in (alone, unknown):
        assert "frame-ancestors 'none'" in other["content-security-policy"]
        assert other["x-frame-options"] == "DENY"
    assert own["referrer-policy"] == "no-referrer"
    assert "no-store" in own["cache-control"]
