"""One announcement from a maker's draft to the customers' phone, through a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import grave_findings
from tests.province import Province

pytestmark = pytest.mark.browser

BANK = "changsha"
TITLE = "浏览器里写成的公告"
# The opening screen and what else lies over the home page are put aside.
PAST_SHEETS = "?closed=splash,must,popup"


def draft(page: Page, province: Province, title: str) -> None:
    page.goto(province.address(BANK, "/admin/announcements/announcement/add/"))
    page.fill("input[name=title]", title)
    page.fill("input[name=starts_at]", "2026-01-01T00:00")
    page.click("trix-editor")
    page.keyboard.type("今晚一点到三点系统维护。")
    page.click("button[name=_continue]")
    page.wait_for_url(re.compile(r"/announcement/\d+/change/"))


def submit(page: Page) -> None:
    page.get_by_role("link", name="提交复核").or_(
        page.get_by_role("button", name="提交复核")
    ).first.click()
    dialog = page.get_by_role("dialog").filter(visible=True)
    dialog.locator("textarea").fill("请复核")
    dialog.get_by_role("button", name="提交复核").click()
    expect(page.get_by_text("复核中").first).to_be_visible()


def test_an_announcement_goes_from_draft_to_phone(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    maker, checker = sign_in(BANK, "maker"), sign_in(BANK, "checker")
    findings: list[str] = []

    draft(maker, province, TITLE)
    findings += grave_findings(maker)
    submit(maker)

    checker.goto(province.address(BANK, f"/preview/frame/{PAST_SHEETS}"))
    expect(checker.get_by_text(TITLE)).to_have_count(0)

    checker.goto(province.address(BANK, "/admin/approvals/request/"))
    findings += grave_findings(checker)
    checker.get_by_role("link", name=TITLE).click()
    phone = checker.frame_locator(".fx-review-phone iframe").frame_locator("iframe")
    expect(phone.get_by_text(TITLE).first).to_be_attached()
    findings += grave_findings(checker)
    checker.get_by_role("button", name="通过", exact=True).first.click()
    checker.get_by_role("dialog").filter(visible=True).locator("button[type=submit]").click()
    expect(checker.get_by_text("已通过").first).to_be_visible()

    checker.goto(province.address(BANK, f"/preview/frame/{PAST_SHEETS}"))
    reload_until_shown(checker, TITLE)
    findings += grave_findings(checker)
    assert findings == []
    assert maker.faults == []  # type: ignore[attr-defined]
    assert checker.faults == []  # type: ignore[attr-defined]


def reload_until_shown(page: Page, text: str, seconds: int = 5) -> None:
    """Every process has five seconds to notice what was published."""
    for _ in range(seconds * 4):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(page.get_by_text(text).first).to_be_attached()
