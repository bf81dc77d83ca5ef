"""The phone and the desk around it, measured as people see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import grave_findings
from tests.province import Province

pytestmark = pytest.mark.browser

BANK = "changsha"
SMALL = {"viewport": {"width": 390, "height": 844}}
# The rules for senior mode: text from 18 px, lines from 1.3, targets from 60 px.
SENIOR_FAULTS = """() => {
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), box = walker.currentNode.parentElement;
    if (!text || box.closest(".hidden-text, [aria-hidden=true]")) continue;
    const style = getComputedStyle(box), size = parseFloat(style.fontSize);
    if (size < 18) faults.push(`${text}: ${size}px`);
    if (parseFloat(style.lineHeight) < 1.3 * size) faults.push(`${text}: lines too close`);
  }
  for (const link of document.querySelectorAll("a, button")) {
    const { width, height } = link.getBoundingClientRect();
    if (width < 60 || height < 60) faults.push(`${link.textContent.trim()}: ${width}×${height}`);
  }
  return faults;
}"""
TOO_WIDE = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.mark.parametrize("skin", ["huxiang", "ink", "fuxiang"])
@pytest.mark.parametrize("mode", ["standard", "senior"])
def test_the_phone_is_sound_in_every_look(
    province: Province, sign_in: Callable[..., Page], mode: str, skin: str
) -> None:
    page = sign_in(BANK, "checker", viewport={"width": 375, "height": 812})

    page.goto(province.address(BANK, f"/preview/frame/?aside=1&mode={mode}&skin={skin}"))

    assert grave_findings(page) == []
    assert not page.evaluate(TOO_WIDE)
    if mode == "senior":
        assert page.evaluate(SENIOR_FAULTS) == []
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["wallet", "claims"])
@pytest.mark.parametrize("mode", ["standard", "senior"])
def test_the_coupons_of_a_customer_are_sound_in_both_modes(
    province: Province, sign_in: Callable[..., Page], mode: str, name: str
) -> None:
    page = sign_in(BANK, "checker", viewport={"width": 375, "height": 812})

    page.goto(
        province.address(
            BANK, f"/preview/frame/?page={name}&type=customer&customer=D0000002&mode={mode}"
        )
    )

    assert grave_findings(page) == []
    assert not page.evaluate(TOO_WIDE)
    if mode == "senior":
        assert page.evaluate(SENIOR_FAULTS) == []
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("options", [{}, SMALL], ids=["wide", "small"])
def test_a_choice_applies_at_once_to_phone_and_list(
    province: Province, sign_in: Callable[..., Page], options: dict[str, object]
) -> None:
    page = sign_in(BANK, "checker", **options)
    page.goto(province.address(BANK, "/preview/"))
    assert grave_findings(page) == []

    page.get_by_role("radio", name="适老版").check()

    page.wait_for_url("**/preview/?*mode=senior*")
    phone = page.frame_locator("iframe[name=phone]")
    expect(phone.locator("body.senior")).to_be_attached()
    assert not page.evaluate(TOO_WIDE)
    assert grave_findings(page) == []
    assert page.faults == []  # type: ignore[attr-defined]
