"""Pages of zone and campaigns that no menu leads to: forms, figures, boards, the phone's pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.axe import grave_findings
from tests.province import Province

pytestmark = pytest.mark.browser

BANK = "changsha"
BANKS = (BANK, "xingsha")
PHONE = {"viewport": {"width": 390, "height": 844}}
CAMPAIGNS = "/admin/campaigns/campaign/"
PROVINCE = "/admin/campaigns_province/provincecampaign/"
TO_CAMPAIGN, TO_PRODUCT = "a[href*='page=campaign&']", "a[href*='page=product']"
TO_DEPOSIT = f"{TO_PRODUCT}:has-text('%')"
# Where to begin, then what to touch, one after the other.
BY_MAKER = (
    (f"{CAMPAIGNS}add/?kind=spend_and_save",),
    (CAMPAIGNS, "#result_list a[href*='/change/']", "a[href*='/campaign/'][href$='/figures/']"),
    (f"{CAMPAIGNS}trial/", "main form [type=submit]"),
    ("/admin/campaigns/event/import/",),
    ("/admin/campaigns/province/", "main a[href*='/admin/campaigns/province/']"),
    ("/admin/zone-types/", "main a[href*='/zone-types/']"),
    ("/admin/fuxiang_zone/zoneproduct/add/", "main a[href*='type=']"),
    ("/admin/publishing/forbiddenword/trial/",),
)
BY_OPERATOR = (
    (f"{PROVINCE}add/?kind=spend_and_save",),
    (PROVINCE, "#result_list a[href*='/change/']"),
    (PROVINCE, "#result_list a[href*='/change/']", "a[href$='/board/']"),
    ("/admin/fuxiang_zone_catalogue/producttype/add/",),
    ("/admin/fuxiang_zone_catalogue/ratecap/add/",),
    ("/admin/zone-adoption/",),
)
BY_CUSTOMER = (
    ("zone",),
    ("zone", TO_PRODUCT),
    ("zone", TO_DEPOSIT, "a[href*='page=calculator']"),
    ("campaigns",),
    ("campaigns", TO_CAMPAIGN),
    ("reservations",),
)


def walk(page: Page, address: str, touched: tuple[str, ...]) -> bool:
    """Whether there was something to touch all the way."""
    response = page.goto(address)
    assert response is not None
    assert response.status == 200, address
    for selector in touched:
        target = page.locator(selector)
        if not target.count():
            return False
        target.first.click()
        page.wait_for_load_state("networkidle")
    return True


def visit(page: Page, province: Province, host: str, ways: tuple[tuple[str, ...], ...]) -> None:
    findings, missing = [], []
    for start, *touched in ways:
        if walk(page, province.address(host, start), tuple(touched)):
            findings += grave_findings(page)
        else:
            missing.append((start, *touched))
    assert missing == []
    assert findings == []
    assert page.faults == []  # type: ignore[attr-defined]


def test_what_a_bank_s_maker_opens_from_other_pages_is_sound(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    visit(sign_in(BANK, "maker"), province, BANK, BY_MAKER)


def test_what_the_platform_s_operator_opens_from_other_pages_is_sound(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    visit(sign_in("console", "operator"), province, "console", BY_OPERATOR)


@pytest.mark.parametrize("mode", ["standard", "senior"])
def test_the_phone_s_pages_of_zone_and_campaigns_are_sound(
    province: Province, sign_in: Callable[..., Page], mode: str
) -> None:
    seen, too_wide, findings = set(), [], []
    # Not every bank has opened a deposit.
    for bank in BANKS:
        page = sign_in(bank, "checker", **PHONE)
        for name, *touched in BY_CUSTOMER:
            query = f"type=customer&customer=D0000001&mode={mode}&page={name}&aside=1"
            if not walk(page, province.address(bank, f"/preview/frame/?{query}"), tuple(touched)):
                continue
            seen.add((name, *touched))
            findings += grave_findings(page)
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
                too_wide.append((bank, name, *touched))
        assert page.faults == []  # type: ignore[attr-defined]

    assert (too_wide, findings) == ([], [])
    assert seen == set(BY_CUSTOMER)
