"""Makes docs/images from a running ``make run`` on PORT; needs Chromium (make screenshots)."""

from __future__ import annotations

import os
import sys
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


def address(host: str, path: str) -> str:
    return f"http://{host}.{DOMAIN}:{PORT}{path}"


@contextmanager
def signed_in(browser: Browser, host: str, username: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
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


def sign_in(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page.goto(address(BANK, "/admin/login/"))
    keep(page, "sign-in")
    page.close()


def bank_maker(browser: Browser) -> None:
    with signed_in(browser, BANK, "maker") as page:
        page.goto(address(BANK, "/admin/announcements/announcement/"))
        keep(page, "announcements")


def bank_checker(browser: Browser) -> None:
    with signed_in(browser, BANK, "checker") as page:
        page.goto(address(BANK, "/admin/"))
        keep(page, "bank-workbench")
        page.goto(address(BANK, "/admin/approvals/request/?tab=waiting"))
        page.locator("#result_list a[href*='/change/']").first.click()
        keep(page, "review")
        page.goto(address(BANK, "/preview/"))
        keep(page, "preview")


def platform(browser: Browser) -> None:
    with signed_in(browser, "console", "admin") as page:
        page.goto(address("console", "/admin/"))
        keep(page, "platform-workbench")


SCENES: list[Callable[[Browser], None]] = [sign_in, bank_maker, bank_checker, platform]


def main() -> int:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for scene in SCENES:
            scene(browser)
        browser.close()
    sys.stdout.write(f"{len(list(IMAGES.glob('*.png')))} pictures in {IMAGES}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
