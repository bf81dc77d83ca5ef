"""Makes docs/images from a running ``make run`` on PORT; needs Chromium (make screenshots).

Only for a demo province: the platform publishes a newer template, where none waits for answers yet.
"""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
PORT = os.environ.get("PORT", "8000")
DOMAIN = os.environ.get("BASE_DOMAIN", "localhost")
PASSWORD = os.environ.get("DEMO_PASSWORD", "Fuxiang#2026")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# A bank of the demo that has something in review.
BANK = "liuyang"
# Neighbours in the demo's list look alike in nothing.
FACES = {"liuyang": "浏阳农商银行", "ningxiang": "宁乡农商银行", "zhuzhou": "株洲农商银行"}
MODES = {"standard": "标准版", "senior": "适老版"}
DESK, PHONE = (1440, 900), (375, 826)
FACES_PAGE = """
<style>
  body { margin: 0; padding: 36px; background: #e9edf0; color: #24303a; width: max-content;
         display: grid; grid-template-columns: repeat(3, max-content); gap: 28px 36px;
         font: 500 17px/1.4 "Noto Sans CJK SC", sans-serif; text-align: center }
  figure { margin: 0 } figcaption { padding-top: 10px }
  img { display: block; width: 375px; border-radius: 34px; border: 9px solid #1d252c }
</style>
"""


def address(host: str, path: str) -> str:
    return f"http://{host}.{DOMAIN}:{PORT}{path}"


@contextmanager
def signed_in(
    browser: Browser, host: str, username: str, size: tuple[int, int] = DESK
) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    page = context.new_page()
    page.goto(address(host, "/admin/login/"))
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    page.click("#login-form [type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
    yield page
    context.close()


def keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(IMAGES / f"{name}.png"))


def visit(page: Page, host: str, path: str, name: str) -> None:
    page.goto(address(host, path))
    keep(page, name)


def open_row(page: Page, host: str, path: str, words: str = "") -> None:
    """The first row of a list; the first with these words."""
    page.goto(address(host, path))
    links = page.locator("#result_list a[href*='/change/']")
    (links.filter(has_text=words) if words else links).first.click()
    page.wait_for_load_state("networkidle")


# --- three banks, three faces ---------------------------------------------------------------------
def faces(browser: Browser) -> None:
    """Every phone as its bank's preview shows it, side by side."""
    phones = [_phones(browser, bank) for bank in FACES]
    page = browser.new_page()
    figures = [
        f'<figure><img src="data:image/png;base64,{b64encode(phone[mode]).decode()}">'
        f"<figcaption>{name} · {MODES[mode]}</figcaption></figure>"
        for mode in MODES
        for name, phone in zip(FACES.values(), phones, strict=True)
    ]
    page.set_content(FACES_PAGE + "".join(figures))
    page.locator("body").screenshot(path=str(IMAGES / "faces.png"))
    page.close()


def _phones(browser: Browser, bank: str) -> dict[str, bytes]:
    taken = {}
    with signed_in(browser, bank, "checker", PHONE) as page:
        for mode in MODES:
            page.goto(address(bank, f"/preview/frame/?mode={mode}&aside=1"))
            page.wait_for_load_state("networkidle")
            taken[mode] = page.screenshot()
    return taken


# --- a bank ---------------------------------------------------------------------------------------
def sign_in(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    visit(page, BANK, "/admin/login/", "sign-in")
    page.close()


def bank_maker(browser: Browser) -> None:
    with signed_in(browser, BANK, "maker") as page:
        visit(page, BANK, "/admin/announcements/announcement/", "announcements")
        visit(page, BANK, "/admin/announcements_ads/ad/", "ads")
        visit(page, BANK, "/admin/announcements_ads/ad/calendar/", "calendar")
        visit(page, BANK, "/admin/announcements_ads/adorder/?placement=home_banner", "order-of-ads")
        _ad_form(page)
        open_row(page, BANK, "/admin/publishing/banksettings/", "外观")
        keep(page, "settings")


def _ad_form(page: Page) -> None:
    """With the frame in which the picture is cropped, then with the audience and its size."""
    open_row(page, BANK, "/admin/announcements_ads/ad/?tab=draft")
    page.locator("[data-part=again]").click()
    page.locator(".cropper-crop-box").wait_for()
    _in_the_middle(page, "[data-part=apply]")
    keep(page, "ad-form")
    _in_the_middle(page, "#id_audience")
    # The bar with the buttons may lie over it.
    page.locator("#id_audience [value=payroll][name$=groups_any]").evaluate("box => box.click()")
    page.wait_for_timeout(900)
    keep(page, "audience")


def _in_the_middle(page: Page, selector: str) -> None:
    page.locator(selector).evaluate("part => part.scrollIntoView({block: 'center'})")


def bank_checker(browser: Browser) -> None:
    with signed_in(browser, BANK, "checker") as page:
        visit(page, BANK, "/admin/", "bank-workbench")
        open_row(page, BANK, "/admin/approvals/request/?tab=waiting")
        keep(page, "review")
        visit(page, BANK, "/preview/?type=loan&aside=1", "preview")
        page.goto(address(BANK, "/admin/customers/customer/?q=D0000007"))
        page.locator("#result_list a[href*='/change/']").first.click()
        page.locator("a[href$='/shown/']").first.click()
        keep(page, "customer-history")


# --- the platform ---------------------------------------------------------------------------------
def platform(browser: Browser) -> None:
    with signed_in(browser, "console", "admin") as page:
        visit(page, "console", "/admin/", "platform-workbench")


def template(browser: Browser) -> None:
    """The province's template; changed once, so that banks have something to answer."""
    with signed_in(browser, "console", "operator") as page:
        open_row(page, "console", "/admin/publishing/provincetemplate/", "外观")
        keep(page, "template")
        age = page.locator("[name=value__senior_from_age]")
        if age.input_value() != "65":
            return
        age.fill("60")
        page.locator("[form=provincetemplate_form][name=_continue]").click()
        page.locator("a[href$='/submit/']").first.click()
        page.locator("#dialog [type=submit]").click()
        page.wait_for_load_state("networkidle")
    with signed_in(browser, "console", "compliance_reviewer") as page:
        open_row(page, "console", "/admin/approvals/request/?tab=waiting", "外观")
        page.locator("[popovertarget=verb-approve]").first.click()
        page.locator("#verb-approve [type=submit]").click()
        page.wait_for_load_state("networkidle")


SCENES: list[Callable[[Browser], None]] = [
    template, faces, sign_in, bank_maker, bank_checker, platform,
]  # fmt: skip


def main() -> int:
    """All of them, or those that are named."""
    IMAGES.mkdir(exist_ok=True)
    named = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for scene in SCENES:
            if not named or scene.__name__ in named:
                scene(browser)
        browser.close()
    sys.stdout.write(f"{len(list(IMAGES.glob('*.png')))} pictures in {IMAGES}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
