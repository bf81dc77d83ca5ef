"""A new product type is configuration: made in the platform's console, opened by a bank, and a
product of it published to customers, through a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import grave_findings
from tests.browser.test_journey import submit
from tests.province import Province

pytestmark = pytest.mark.browser

BANK = "changsha"
CODE, NAME = "village_post", "助农驿站"
PRODUCT = "东门助农驿站"
ACTION = "[hx-get*='producttype'][hx-get*='/%s/'], [href*='producttype'][href*='/%s/']"
# Name on the form, type, what else the row says.
FIELDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("驿站名称", "text", {}),
    ("取款限额", "money", {"least": "100", "most": "2000"}),
    ("服务天数", "integer", {"unit": "天", "most": "7"}),
    ("服务项目", "choices", {"options": "小额取款\n生活缴费\n社保查询"}),
    ("开业日期", "date", {"compliance_note": "不得早于审批日期"}),
)


def set_up_type(page: Page, province: Province) -> None:
    page.goto(province.address("console", "/admin/fuxiang_zone_catalogue/producttype/add/"))
    page.fill("input[name=code]", CODE)
    page.fill("input[name=name]", NAME)
    page.select_option("select[name=category]", "benefit")
    page.fill("input[name=icon]", "storefront")
    editor = page.locator("#id_fields_of_type")
    for label, kind, cells in FIELDS:
        editor.locator("[data-rows-add]").click()
        fill_row(editor.locator("[data-row]").last, label, kind, cells)
    # The last one first, and back again.
    editor.locator("[data-row]").last.locator("[data-up]").click()
    editor.locator("[data-row]").nth(3).locator("[data-down]").click()
    preview = page.locator("[data-type-preview]")
    expect(preview.locator(".fx-example-field")).to_have_count(5)
    expect(preview.locator(".fx-phone-card dt")).to_have_text([label for label, *_ in FIELDS])


def fill_row(row: Locator, label: str, kind: str, cells: dict[str, str]) -> None:
    row.locator("[name$=-label]").fill(label)
    row.locator("[name$=-type]").select_option(kind)
    row.locator("[name$=-required]").check()
    row.locator("summary").click()
    for cell, text in cells.items():
        row.locator(f"[name$=-{cell}]").fill(text)
    expect(row.locator("[name$=-options]")).to_be_visible(visible=kind == "choices")


def offer(page: Page) -> None:
    page.click("button[name=_continue]")
    page.wait_for_url(re.compile(r"/producttype/\d+/change/"))
    page.locator(ACTION % ("offer", "offer")).first.click()
    dialog = page.get_by_role("dialog").filter(visible=True)
    dialog.locator("button").last.click()
    expect(page.locator(ACTION % ("close", "close")).first).to_be_visible()


def apply(page: Page, province: Province) -> None:
    page.goto(province.address(BANK, "/admin/zone-types/"))
    page.locator(f"a[href$='/zone-types/{CODE}/']").click()
    page.fill("[name=reason]", "乡镇客户需要就近服务")
    page.fill("[name=person_in_charge]", "李四")
    page.fill("[name=planned_on]", "2099-01-01")
    page.click("button[name=submit]")
    expect(page.locator(".fx-trail li")).to_have_count(2)


def approve_application(page: Page, province: Province) -> None:
    inbox = "/admin/fuxiang_zone_catalogue/activationapplication/"
    page.goto(province.address("console", inbox))
    page.locator("#result_list tr").filter(has_text=NAME).locator("a").first.click()
    page.locator("[popovertarget=verb-decide]").first.click()
    page.check("#verb-decide [name=verdict][value=approve]")
    page.click("#verb-decide button[type=submit]")
    expect(page.locator(".fx-trail li")).to_have_count(3)


def draft_product(page: Page, province: Province) -> None:
    page.goto(province.address(BANK, f"/admin/fuxiang_zone/zoneproduct/add/?type={CODE}"))
    page.fill("[name=title]", PRODUCT)
    page.fill("[name=summary]", "家门口的银行服务")
    page.fill("[name=starts_at]", "2026-01-01T00:00")
    page.fill("[name=ends_at]", "2099-01-01T00:00")
    page.fill("[name=rules]", "服务时间以驿站公示为准。")
    page.fill("[name=value_field_1]", "东门驿站")
    page.fill("[name=value_field_2]", "1,000")
    page.fill("[name=value_field_3]", "7")
    for box in page.locator("[name=value_field_4]").all()[:2]:
        box.check()
    page.fill("[name=value_field_5]", "2026-12-01")
    page.click("button[name=_continue]")
    page.wait_for_url(re.compile(r"/zoneproduct/\d+/change/"))


def approve_product(page: Page, province: Province) -> None:
    page.goto(province.address(BANK, "/admin/approvals/request/"))
    page.get_by_role("link", name=PRODUCT).click()
    expect(page.get_by_text("1,000 元").first).to_be_visible()
    page.get_by_role("button", name="通过", exact=True).first.click()
    dialog = page.get_by_role("dialog").filter(visible=True)
    for box in dialog.locator("[name=confirmed]").all():
        box.check()
    dialog.locator("button[type=submit]").click()
    expect(page.get_by_text("已通过").first).to_be_visible()


def test_a_thirteenth_type_with_five_fields_is_made_in_the_console_and_published(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    platform, maker, checker = (
        sign_in("console", "operator"), sign_in(BANK, "maker"), sign_in(BANK, "checker")
    )  # fmt: skip
    findings: list[str] = []

    set_up_type(platform, province)
    findings += grave_findings(platform)
    offer(platform)
    apply(maker, province)
    findings += grave_findings(maker)
    approve_application(platform, province)
    findings += grave_findings(platform)
    draft_product(maker, province)
    submit(maker)
    approve_product(checker, province)

    platform.goto(province.address("console", "/admin/zone-adoption/"))
    line = platform.locator("#adoption-types tr").filter(has_text=NAME)
    expect(line.locator("td").nth(1)).to_have_text("1")
    findings += grave_findings(platform)
    assert findings == []
    for page in (platform, maker, checker):
        assert page.faults == []  # type: ignore[attr-defined]
