"""A branch redeems a gift with the keyboard alone, and with the camera."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.axe import grave_findings
from tests.province import Province

pytestmark = pytest.mark.browser

BANK, START = "changsha", "/admin/coupons/counter/"
PHONE = {"viewport": {"width": 390, "height": 844}}
FILL = """
from django.utils import timezone
from django_tenants.utils import tenant_context
from coupons.life import actors
from coupons.services import grant_coupon
from operators.models import Operator
from tenants.models import Bank
from tests.coupons import counters, making
with tenant_context(Bank.objects.get(slug="changsha")):
    staff = Operator.objects.in_bulk(["maker", "checker"], field_name="username")
    making.people = lambda: (staff["maker"], staff["checker"])
    template = counters.gift_template(code="RICE-AT-COUNTER")
    for number in range(1, 6):
        counters.held_coupon(template, f"COUNTER-000{number}", number="D0000001")
"""
# A camera that shows a QR code, for a browser that has none.
CAMERA = """
window.BarcodeDetector = class { detect() { return Promise.resolve([{ rawValue: "%s" }]); } };
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
"""


@pytest.fixture(scope="module", autouse=True)
def _coupons(province: Province) -> None:
    province.manage("shell", "-c", FILL)


def open_counter(page: Page, province: Province) -> None:
    page.goto(province.address(BANK, START))


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"))


@pytest.mark.parametrize("size", [{}, PHONE], ids=["desk", "phone"])
def test_a_gift_is_redeemed_and_taken_back(
    province: Province, sign_in: Callable[..., Page], size: dict[str, object]
) -> None:
    page, findings, narrow = sign_in(BANK, "branch", **size), [], []

    def look() -> None:
        findings.extend(grave_findings(page))
        narrow.extend([] if fits(page) else [page.url])

    open_counter(page, province)
    look()
    # As a scanner does: into the field that has the cursor, and Enter.
    open_counter(page, province)
    page.keyboard.type("COUNTER-0002" if size else "COUNTER-0001")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=reference]")
    look()
    page.select_option("[name=business]", "deposit")
    page.fill("[name=reference]", "DQ20261122001")
    page.fill("[name=manager]", "1007")
    page.press("[name=manager]", "Enter")
    page.wait_for_selector(".fx-receipt")
    look()
    assert "DQ20261122001" in page.inner_text(".fx-receipt")
    page.click("[popovertarget=verb-reverse]")
    look()
    page.fill("#reverse-reason", "wrong gift")
    page.click("#verb-reverse button[type=submit]")
    page.wait_for_selector("text=wrong gift")
    page.goto(province.address(BANK, f"{START}day/"))
    look()

    assert (findings, narrow) == ([], [])
    assert page.faults == []  # type: ignore[attr-defined]


def test_a_button_pressed_twice_redeems_once(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(BANK, "branch")
    open_counter(page, province)
    page.keyboard.type("COUNTER-0003")
    page.keyboard.press("Enter")
    page.select_option("[name=business]", "loan")
    page.fill("[name=reference]", "TWICE-1")
    page.fill("[name=manager]", "1007")
    page.dblclick(".fx-counter-submit")
    page.wait_for_selector(".fx-receipt")
    page.goto(province.address(BANK, f"{START}day/"))

    assert page.locator("text=TWICE-1").count() == 1


def test_the_camera_is_offered_where_the_browser_reads_codes(
    province: Province, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(BANK, "branch")
    open_counter(page, province)
    without = page.is_visible("[data-scan-open]")
    page.add_init_script(CAMERA % "COUNTER-0004")
    open_counter(page, province)
    page.click("[data-scan-open]")
    page.wait_for_selector("[name=reference]")

    assert not without
    assert page.faults == []  # type: ignore[attr-defined]
