"""Senior mode as it stands on the screen: measured in the browser, not read from style sheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image, ImageFilter
from playwright.sync_api import Page

from announcements.appearance.contrast import luminance, ratio_of
from announcements.appearance.senior import MIN_CONTRAST, MIN_TARGET_DP, MIN_TEXT_DP
from tests.browser.axe import grave_findings
from tests.browser.test_journey import reload_until_shown
from tests.province import Province

pytestmark = pytest.mark.browser

BANK = "changsha"
PHONE = {"viewport": {"width": 375, "height": 812}}
SCREENS = ["home", "announcement"]
# What covers the page of the standard mode, put aside.
OPENED = "closed=floating,must,popup,splash"
TITLE = "适老服务专区"
PUBLISH_SUITABLE = f"""
from django_tenants.utils import tenant_context
from operators.models import Operator
from tenants.models import Bank
from tests.approvals.people import make_draft, publish
with tenant_context(Bank.objects.get(slug="{BANK}")):
    maker, checker = (Operator.objects.get(username=name) for name in ("maker", "checker"))
    body = "<h2>到店</h2><p>网点备有老花镜，<a href=\\"https://www.example.com\\">更多</a>。</p>"
    publish(maker, checker, make_draft(maker, "{TITLE}", body=body, for_seniors=True))
"""
# Of each piece of text that can be seen: the words and the size in CSS pixels.
TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.data.trim(), parent = walker.currentNode.parentElement;
    if (!words || !parent.checkVisibility()) continue;
    if (parent.closest(".hidden-text, script, style")) continue;
    found.push([words.slice(0, 40), parseFloat(getComputedStyle(parent).fontSize)]);
  }
  return found;
}"""
# A link inside a sentence is as high as its line: WCAG makes the same exception.
TARGETS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter((each) => each.checkVisibility() && !each.closest("article .body"))
  .map((each) => {
    const box = each.getBoundingClientRect();
    return [each.outerHTML.slice(0, 80), box.width, box.height];
  })"""
# Where words stand on the head, whose ground is a gradient with a picture: axe cannot judge it.
WORDS_ON_HEAD = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector(".head"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.data.trim();
    if (!words) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    const colour = getComputedStyle(walker.currentNode.parentElement).color;
    if (box.width) found.push([words, colour, [box.left, box.top, box.right, box.bottom]]);
  }
  return found;
}"""
WITHOUT_WORDS = ".head * { color: transparent !important; } .head .icon { visibility: hidden; }"
WEAR = """([code, primary, accent]) => {
  const style = document.body.style;
  style.setProperty("--primary", primary);
  style.setProperty("--accent", accent);
  style.setProperty("--scene", `url('/static/preview/skins/${code}.svg')`);
}"""


def skins() -> Iterator[tuple[str, str, str]]:
    """Every skin we bring, and an own palette that only just passes."""
    folder = Path(settings.BASE_DIR) / "demo" / "data"
    rows: dict[str, tuple[str, str, str]] = {}
    for name in ("skins.csv", "festivals.csv"):
        with (folder / name).open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                rows[row["code"]] = (row["code"], row["primary"], row["accent"])
    yield from rows.values()
    yield "own", "#767676", "#F2B84B"


@pytest.fixture(scope="module")
def suitable(province: Province) -> str:
    """Title of a published announcement that is marked as suitable."""
    province.manage("shell", "-c", PUBLISH_SUITABLE)
    return TITLE


@pytest.fixture
def phone(
    province: Province, suitable: str, sign_in: Callable[..., Page]
) -> Callable[[str, str], Page]:
    page = sign_in(BANK, "maker", **PHONE)

    def show(screen: str, mode: str) -> Page:
        page.goto(province.address(BANK, f"/preview/frame/?mode={mode}&{OPENED}"))
        if screen == "announcement":
            reload_until_shown(page, suitable)
            page.get_by_role("link", name=suitable).first.click()
            page.wait_for_selector("article .body")
        return page

    return show


@pytest.mark.parametrize("screen", SCREENS)
def test_every_text_is_large(phone: Callable[[str, str], Page], screen: str) -> None:
    texts = phone(screen, "senior").evaluate(TEXTS)

    assert texts
    assert [text for text in texts if text[1] < MIN_TEXT_DP] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_every_target_has_room_for_a_finger(phone: Callable[[str, str], Page], screen: str) -> None:
    targets = phone(screen, "senior").evaluate(TARGETS)

    assert targets
    small = [each for each in targets if min(each[1], each[2]) < MIN_TARGET_DP]
    assert small == []


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_grave(phone: Callable[[str, str], Page], screen: str) -> None:
    page = phone(screen, "senior")

    assert grave_findings(page) == []
    assert page.faults == []  # type: ignore[attr-defined]


def test_nothing_covers_the_page_and_the_way_back_is_in_sight(
    phone: Callable[[str, str], Page],
) -> None:
    page = phone("home", "senior")
    # As a customer meets it: nothing has been put aside.
    page.goto(page.url.replace(OPENED, ""))

    assert page.locator(".veil, .sheet, .popup, .floating, .splash, [role=dialog]").count() == 0
    assert page.get_by_text("标准版").is_visible()


@pytest.mark.parametrize("mode", ["senior", "standard"])
def test_words_on_the_head_are_readable_in_every_skin(
    phone: Callable[[str, str], Page], mode: str
) -> None:
    page = phone("home", mode)
    poor = []
    for skin in skins():
        page.evaluate(WEAR, list(skin))
        page.wait_for_timeout(150)
        words = page.evaluate(WORDS_ON_HEAD)
        ground = ground_of(page)
        measured = [(skin[0], text, contrast_on(ground, *rest)) for text, *rest in words]
        poor += [each for each in measured if each[2] < MIN_CONTRAST]
        assert len(words) >= 2

    assert poor == []


def ground_of(page: Page) -> Image.Image:
    """What stands behind the words; thin lines of the picture weigh as they do for the eye."""
    hidden = page.add_style_tag(content=WITHOUT_WORDS)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    hidden.evaluate("style => style.remove()")
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def contrast_on(ground: Image.Image, colour: str, box: list[float]) -> float:
    """Of the words with all but the least readable twentieth of their ground."""
    left, top, right, bottom = (round(side) for side in box)
    part = ground.crop((left, top, right, bottom))
    own = luminance(parts(colour))
    ratios = sorted(
        ratio_of(own, luminance((red / 255, green / 255, blue / 255)))
        for red, green, blue in pixels(part)
    )
    return round(ratios[len(ratios) // 20], 2)


def pixels(picture: Image.Image) -> Iterator[Any]:
    data = picture.tobytes()
    return zip(data[::3], data[1::3], data[2::3], strict=True)


def parts(colour: str) -> tuple[float, float, float]:
    """Of ``rgb(0, 0, 0)`` or, for what is mixed, ``color(srgb 0 0 0)``."""
    scale = 1 if colour.startswith("color(srgb ") else 255
    red, green, blue = (float(part) / scale for part in re.findall(r"[\d.]+", colour)[:3])
    return red, green, blue
