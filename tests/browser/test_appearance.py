"""A maker gives the bank colours and an order of functions, with a real browser's script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import grave_findings
from tests.province import Province

pytestmark = pytest.mark.browser

BANK = "changsha"


def chosen(picker: Locator) -> list[str]:
    boxes = picker.locator("[data-order-chosen] [data-order-box]").all()
    return [str(box.get_attribute("value")) for box in boxes]


def open_appearance(page: Page, province: Province) -> None:
    page.goto(province.address(BANK, "/admin/publishing/banksettings/"))
    page.get_by_role("link", name="外观", exact=True).or_(
        page.get_by_role("link", name="appearance", exact=True)
    ).first.click()
    # The script marks the chosen ones before anything can be moved.
    expect(page.locator(".fx-order").first.locator("[data-order-move]").first).to_be_visible()


def save(page: Page) -> None:
    page.locator("button[name=_continue]").click()
    page.wait_for_load_state()


def test_colours_and_order_are_set_with_the_help_of_the_script(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(BANK, "maker")
    open_appearance(page, province)
    picker = page.locator(".fx-order").first
    before = chosen(picker)

    # By the buttons, as from the keyboard.
    last = picker.locator("[data-order-chosen] > li").last
    last.locator("[data-order-move='-1']").press("Enter")
    # By its number, first of all.
    last_but_one = picker.locator("[data-order-chosen] > li").nth(len(before) - 2)
    last_but_one.locator("[data-order-number]").fill("1")
    last_but_one.locator("[data-order-number]").press("Tab")
    wanted = [before[-1], *before[:-1]]
    assert chosen(picker) == wanted

    page.fill("input[name$=own_palette_primary]", "#D9A441")
    page.fill("input[name$=own_palette_accent]", "#5b2a86")
    advice = page.locator("[data-palette-advice]")
    expect(advice).to_be_visible()
    expect(page.locator("[data-palette-ratio]")).to_have_text("2.24")
    findings = grave_findings(page)
    save(page)
    expect(page.get_by_text("2.24 : 1").first).to_be_visible()

    page.locator("[data-palette-suggestion]").click()
    expect(page.locator("[data-palette-advice]")).to_be_hidden()
    save(page)

    # The server writes colours in capitals.
    expect(page.locator("input[name$=own_palette_accent]")).to_have_value("#5B2A86")
    assert chosen(page.locator(".fx-order").first) == wanted
    assert findings == []
    assert page.faults == []  # type: ignore[attr-defined]
