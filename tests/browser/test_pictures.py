"""A picture for an ad: uploaded, cropped by keyboard and by number, shown as customers see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.announcements import pictures as made
from tests.browser.axe import grave_findings
from tests.province import Province

pytestmark = pytest.mark.browser

BANK = "changsha"


def choose(page: Page, data: bytes, name: str = "art.png") -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": data}
    page.set_input_files("[data-part=file]", files=[file])


def test_a_picture_is_uploaded_and_cropped_under_the_console_s_policy(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(BANK, "maker")
    page.goto(province.address(BANK, "/admin/announcements_ads/ad/add/"))
    page.select_option("select[name=placement]", "home_banner")

    choose(page, made.encoded(made.artwork(2400, 1800)))
    expect(page.locator(".cropper-crop-box")).to_be_visible()
    findings = grave_findings(page)
    page.fill("[data-part=width]", "1500")
    page.fill("[data-part=x]", "100")
    page.fill("[data-part=y]", "200")
    page.focus("[data-part=stage]")
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowDown", "-"):
        page.keyboard.press(key)
    numbers = [page.input_value(f"[data-part={name}]") for name in ("x", "y", "width")]
    page.click("[data-part=apply]")

    expect(page.locator("[data-part=shown]")).to_be_visible()
    assert numbers == ["111", "201", "1490"]
    image = page.locator("[data-part=image]")
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth === Number(image.getAttribute('width'))")
    assert len(page.input_value("input[name=picture]")) == 36
    findings += grave_findings(page)
    assert findings == []
    assert page.faults == []  # type: ignore[attr-defined]


def test_a_refused_file_is_a_sentence_beside_the_field(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(BANK, "maker")
    page.goto(province.address(BANK, "/admin/announcements_ads/ad/add/"))
    page.select_option("select[name=placement]", "home_banner")

    choose(page, made.SVG_WITH_SCRIPT)
    expect(page.get_by_role("alert").filter(has_text="SVG")).to_be_visible()
    choose(page, b"\0" * (11 * 2**20))
    expect(page.get_by_role("alert").filter(has_text="10 MB")).to_be_visible()

    assert page.input_value("input[name=picture]") == ""
