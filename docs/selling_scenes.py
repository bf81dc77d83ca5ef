"""The pictures of zone, smart campus, campaigns and the compliance check; see screenshots.py."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page
from screenshots import (
    DOMAIN,
    PHONE,
    PORT,
    address,
    demo_token,
    in_the_middle,
    keep,
    open_row,
    side_by_side,
    signed_in,
    visit,
)

# Of the demo's banks: one with products on sale, one with schools, one with campaigns of its own.
SELLER, CAMPUS, GIVER = "zhuzhou", "dongkou", "changsha"
CD, TOPUP, CLAIM_PAGE = "大额存单2026年第3期", "话费充值满50减5", "水电燃气缴费券"
BUYERS = ("D0000001", "D0000002", "D0000003", "D0000004", "D0000005")
# A text that the compliance check does not let pass.
BOASTING = ("开业钜惠", "<p>本行存款收益第一，存满五万元即送食用油一桶。</p>")


# --- compliance -----------------------------------------------------------------------------------
def compliance(browser: Browser) -> None:
    """A draft that fails; made once."""
    path = "/admin/announcements/announcement/"
    with signed_in(browser, GIVER, "maker") as page:
        page.goto(address(GIVER, f"{path}?q={BOASTING[0]}"))
        if not page.locator("#result_list a[href*='/change/']").count():
            page.goto(address(GIVER, f"{path}add/"))
            page.fill("[name=title]", BOASTING[0])
            page.locator("trix-editor").evaluate(
                "(box, text) => box.editor.loadHTML(text)", BOASTING[1]
            )
            page.locator("[name=_continue]").click()
            page.wait_for_load_state("networkidle")
        open_row(page, GIVER, f"{path}?q={BOASTING[0]}")
        keep(page, "compliance")
    with signed_in(browser, "console", "operator") as page:
        visit(page, "console", "/admin/publishing/forbiddenword/", "forbidden-words")


# --- the zone -------------------------------------------------------------------------------------
def zone_pages(browser: Browser) -> None:
    for number in BUYERS:
        _reserve(number)
    with signed_in(browser, SELLER, "maker") as page:
        visit(page, SELLER, "/admin/zone-types/", "zone-types")
        open_row(page, SELLER, "/admin/fuxiang_zone/zoneproduct/", CD)
        in_the_middle(page, ".fx-rates")
        keep(page, "zone-product")
        visit(page, SELLER, "/admin/fuxiang_zone/reservation/", "reservations")


def zone_phone(browser: Browser) -> None:
    product = _products(_call(SELLER, BUYERS[0], "zone"))[CD]
    screens = {
        f"page=product&item={product}&mode=standard": "产品页",
        f"page=calculator&item={product}&amount=200000&mode=standard": "利息试算",
        f"page=product&item={product}&mode=senior": "适老版",
    }
    _phones(browser, SELLER, BUYERS[0], screens, "zone-phone")


def zone_platform(browser: Browser) -> None:
    with signed_in(browser, "console", "operator") as page:
        open_row(page, "console", "/admin/fuxiang_zone_catalogue/producttype/", "大额存单")
        in_the_middle(page, "[data-type-preview]")
        keep(page, "product-type")
        visit(page, "console", "/admin/zone-adoption/", "zone-adoption")


def _products(zone: Any) -> dict[str, str]:
    """Their ids by title, wherever they stand in the answer."""
    return {each["title"]: each["id"] for each in _documents(zone) if "title" in each}


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "id" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _documents(each)


def _reserve(number: str) -> None:
    product = _products(_call(SELLER, number, "zone"))[CD]
    with suppress(HTTPError):
        _call(SELLER, number, f"zone/{product}/reservations", {"units": 1})


# --- smart campus ---------------------------------------------------------------------------------
def campus(browser: Browser) -> None:
    with signed_in(browser, CAMPUS, "maker") as page:
        open_row(page, CAMPUS, "/admin/fuxiang_zone_campus/school/")
        keep(page, "campus-school")
        visit(page, CAMPUS, "/admin/fuxiang_zone_campus/bill/", "campus-bills")


# --- campaigns ------------------------------------------------------------------------------------
def campaign_pages(browser: Browser) -> None:
    path = "/admin/campaigns/campaign/"
    with signed_in(browser, GIVER, "maker") as page:
        open_row(page, GIVER, path, CLAIM_PAGE)
        in_the_middle(page, "[data-rewards]")
        keep(page, "campaign-form")
        open_row(page, GIVER, path, TOPUP)
        page.locator("a[href*='/campaign/'][href$='/figures/']").first.click()
        keep(page, "campaign-figures")
        visit(page, GIVER, "/admin/campaigns/participation/", "participations")
        _dry_run(page)


def _dry_run(page: Page) -> None:
    """At a payment that is too small."""
    page.goto(address(GIVER, "/admin/campaigns/campaign/trial/"))
    page.select_option("[name=campaign]", label=TOPUP)
    page.fill("[name=customer]", BUYERS[0])
    page.locator("main form [type=submit]").last.click()
    keep(page, "campaign-trial")


def campaign_phone(browser: Browser) -> None:
    """Before, and after the button was touched."""
    campaign = _products(_call(GIVER, BUYERS[0], "campaigns"))[CLAIM_PAGE]
    screens = {
        "page=campaigns&mode=standard": "活动",
        f"page=campaign&item={campaign}&mode=standard": "活动页",
        f"page=campaign&item={campaign}&mode=senior": "适老版",
    }
    _phones(browser, GIVER, BUYERS[0], screens, "campaign-phone")


def province(browser: Browser) -> None:
    with signed_in(browser, "console", "operator") as page:
        page.goto(address("console", "/admin/campaigns_province/provincecampaign/"))
        page.locator("#result_list a[href*='/change/']").first.click()
        page.locator("a[href$='/board/']").first.click()
        keep(page, "province-board")
    with signed_in(browser, "xiangxiang", "maker") as page:
        page.goto(address("xiangxiang", "/admin/campaigns/province/"))
        page.locator("main a[href*='/admin/campaigns/province/']").first.click()
        keep(page, "province-join")


# --- parts ----------------------------------------------------------------------------------------
def _phones(browser: Browser, bank: str, customer: str, screens: dict[str, str], name: str) -> None:
    shots = []
    with signed_in(browser, bank, "checker", PHONE) as page:
        for choice, words in screens.items():
            query = f"type=customer&customer={customer}&{choice}&aside=1"
            page.goto(address(bank, f"/preview/frame/?{query}"))
            page.wait_for_load_state("networkidle")
            shots.append((page.screenshot(), words))
    side_by_side(browser, shots, name)


def _call(bank: str, customer: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The channel API, as the customer."""
    headers = {
        "Authorization": f"Bearer {demo_token(bank, customer)}",
        "Host": f"{bank}.{DOMAIN}:{PORT}", "Content-Type": "application/json",
        "Idempotency-Key": f"pictures-{time.time_ns()}",
    }  # fmt: skip
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"http://127.0.0.1:{PORT}/api/channel/v1/{path}", data, headers)
    with urlopen(request) as answer:  # noqa: S310  our own server
        return json.load(answer)


SCENES: list[Callable[[Browser], None]] = [
    compliance, zone_pages, zone_phone, zone_platform, campus, campaign_pages, campaign_phone,
    province,
]  # fmt: skip
