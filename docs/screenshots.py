"""Makes docs/images from a running ``make run`` on PORT; needs Chromium (make screenshots).

Only for a demo province: the platform publishes a newer template, where none waits for answers yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
PORT = os.environ.get("PORT", "8000")
DOMAIN = os.environ.get("BASE_DOMAIN", "localhost")
PASSWORD = os.environ.get("DEMO_PASSWORD", "Fuxiang#2026")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# A bank of the demo that has something in review.
BANK, AD = "liuyang", "社保卡换发"
# Of its customers: one who has coupons, and one who holds a gift coupon.
HOLDER, GUEST = "D0000036", "D0000036"
WALLET = {
    "page=wallet": "我的优惠券", "page=claims": "领券中心", "page=wallet&mode=senior": "适老版",
}  # fmt: skip
TOPUP = "话费充值满50减5券 (TOPUP50-5)"
CODES = "话费券码.csv"
# Of the same bank, with a grant.
CLIENT = "智慧校园缴费"
SANDBOX = f"http://sandbox.open.{DOMAIN}:{PORT}"
EXAMPLES = Path(__file__).parent / "examples"
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
    _write(page.screenshot(), name)


def _write(shot: bytes, name: str) -> None:
    """In 256 colours, the rare ones too: a third of the bytes, and hardly an eye sees it."""
    picture = Image.open(BytesIO(shot)).convert("RGB")
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)
    few.save(IMAGES / f"{name}.png", optimize=True)


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
    shots = [
        (phone[mode], f"{name} · {MODES[mode]}")
        for mode in MODES
        for name, phone in zip(FACES.values(), phones, strict=True)
    ]
    side_by_side(browser, shots, "faces")


def side_by_side(browser: Browser, shots: list[tuple[bytes, str]], name: str) -> None:
    page = browser.new_page()
    figures = [
        f'<figure><img src="data:image/png;base64,{b64encode(shot).decode()}">'
        f"<figcaption>{words}</figcaption></figure>"
        for shot, words in shots
    ]
    page.set_content(FACES_PAGE + "".join(figures))
    _write(page.locator("body").screenshot(), name)
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
    in_the_middle(page, "[data-part=apply]")
    keep(page, "ad-form")
    in_the_middle(page, "#id_audience")
    # The bar with the buttons may lie over it.
    page.locator("#id_audience [value=payroll][name$=groups_any]").evaluate("box => box.click()")
    page.wait_for_timeout(900)
    keep(page, "audience")


def in_the_middle(page: Page, selector: str) -> None:
    page.locator(selector).evaluate("part => part.scrollIntoView({block: 'center'})")


def bank_checker(browser: Browser) -> None:
    with signed_in(browser, BANK, "checker") as page:
        visit(page, BANK, "/admin/", "bank-workbench")
        open_row(page, BANK, "/admin/approvals/request/?tab=waiting", AD)
        keep(page, "review")
        visit(page, BANK, "/preview/?type=loan&aside=1", "preview")
        page.goto(address(BANK, "/admin/customers/customer/?q=D0000007"))
        page.locator("#result_list a[href*='/change/']").first.click()
        page.locator("a[href$='/shown/']").first.click()
        keep(page, "customer-history")


# --- coupons --------------------------------------------------------------------------------------
def coupon_pages(browser: Browser) -> None:
    with signed_in(browser, BANK, "checker") as page:
        visit(page, BANK, "/admin/coupons/coupon/", "coupons")
        open_row(page, BANK, "/admin/coupons/batch/?tab=live", "TOPUP50-5")
        in_the_middle(page, ".fx-delivery-chart")
        keep(page, "coupon-batch")


def wallet(browser: Browser) -> None:
    """A customer's coupons and the claim centre; the same coupons in senior mode."""
    _claim("TOPUP50-5", "VOUCHER-ANY")
    shots = []
    with signed_in(browser, BANK, "checker", PHONE) as page:
        for choice, name in WALLET.items():
            query = f"type=customer&customer={HOLDER}&{choice}&aside=1"
            page.goto(address(BANK, f"/preview/frame/?{query}"))
            page.wait_for_load_state("networkidle")
            shots.append((page.screenshot(), name))
    side_by_side(browser, shots, "wallet")


def _claim(*codes: str) -> None:
    """As the customer; what was claimed earlier stays as it is."""
    token = demo_token(BANK, HOLDER)
    headers = {"Authorization": f"Bearer {token}", "Host": f"{BANK}.{DOMAIN}:{PORT}"}
    for code in codes:
        claims = f"http://127.0.0.1:{PORT}/api/channel/v1/coupon-templates/{code}/claims"
        headers["Idempotency-Key"] = f"pictures-{code}"
        with suppress(HTTPError):
            urlopen(Request(claims, b"{}", headers)).close()


def demo_token(bank: str, customer: str) -> str:
    return _manage("demo_token", "--bank", bank, "--customer", customer).strip()


def _manage(*words: str) -> str:
    """A command of the product that runs."""
    return subprocess.run(
        [sys.executable, "manage.py", *words], check=True, text=True, cwd=IMAGES.parents[1],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ).stdout  # fmt: skip


def coupon_import(browser: Browser) -> None:
    """A file in, as far as the review; its codes are new ones each time."""
    with signed_in(browser, BANK, "maker") as page:
        open_row(page, BANK, "/admin/coupons/coupontemplate/", "话费充值")
        keep(page, "coupon-template")
        preview = page.locator("a[href*='/preview/']").filter(has_text="预览").last
        page.goto(address(BANK, preview.get_attribute("href") or ""))
        keep(page, "coupon-card")
        page.goto(address(BANK, "/admin/coupons/batch/import/"))
        page.set_input_files(
            "[name=file]", {"name": CODES, "mimeType": "text/csv", "buffer": _codes()}
        )
        page.select_option("[name=template]", label=TOPUP)
        keep(page, "coupon-upload")
        page.locator(".fx-decide [type=submit]").click()
        page.locator(".fx-mapping").wait_for()
        page.check("#id_agreed")
        keep(page, "coupon-columns")
        page.locator(".fx-decide [type=submit]").click()
        page.locator("[data-open=no]").wait_for(timeout=120_000)
        keep(page, "coupon-result")
        page.locator(".fx-job-links a").first.click()
        page.locator("a[href$='/submit/']").first.click()
        page.locator("#dialog [type=submit]").click()
        page.wait_for_load_state("networkidle")
    with signed_in(browser, BANK, "checker") as page:
        open_row(page, BANK, "/admin/approvals/request/?tab=waiting", CODES)
        keep(page, "coupon-review")


def _codes() -> bytes:
    """GB18030, as Chinese Excel saves it; some of its rows come back."""
    began, rows = int(time.time()), ["券码,面额,失效日期,网点号,经办备忘"]
    last_day = f"{_today() + timedelta(days=60):%Y/%m/%d}"
    for number in range(1, 2_001):
        code = {7: "1.23E+19", 30: f"9999{began}{29:04d}"}.get(number, f"9999{began}{number:04d}")
        branch = "X9" if number == 55 else ""
        rows.append(f"{code},5.00,{'2026-02-30' if number == 88 else last_day},{branch},演示")
    return "\r\n".join(rows).encode("gb18030")


def coupon_counter(browser: Browser) -> None:
    with signed_in(browser, BANK, "branch") as page:
        page.goto(address(BANK, "/admin/coupons/counter/"))
        page.fill("[name=number]", GUEST)
        page.locator("form:has([name=number]) [type=submit]").click()
        page.locator("a[href*='/counter/coupon/']").first.click()
        page.select_option("[name=business]", "card")
        page.fill("[name=reference]", "KH20260718001")
        page.fill("[name=manager]", "演示客户经理")
        keep(page, "coupon-counter")


def reconciliation(browser: Browser) -> None:
    """Of a day on which coupons were used."""
    path, day = "/admin/coupons/reconciliation/", _today() - timedelta(days=8)
    with signed_in(browser, BANK, "checker") as page:
        page.goto(address(BANK, path))
        if not page.locator("#result_list a").count():
            _reconcile()
        open_row(page, BANK, path, f"{day:%Y-%m-%d}")
        keep(page, "reconciliation")


def _reconcile() -> None:
    """As the hourly task does; in a province that was begun just now it has not yet."""
    with TemporaryDirectory() as folder:
        for days in range(12, 0, -1):
            day = _today() - timedelta(days=days)
            words = ["--bank", BANK, "--date", f"{day:%Y-%m-%d}", "--out", folder]
            _manage("export_reconciliation", *words)


def _today() -> date:
    return datetime.now(tz=ZoneInfo("Asia/Shanghai")).date()


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


# --- the open platform ----------------------------------------------------------------------------
def gateway_review(browser: Browser) -> None:
    with signed_in(browser, "console", "compliance_reviewer") as page:
        open_row(page, "console", "/admin/gateway_access/application/?tab=waiting", "医保")
        keep(page, "gateway-review")


def gateway_client(browser: Browser) -> None:
    """A secret is made, the suite is passed with it, and a keyboard is opened."""
    with signed_in(browser, BANK, "maker") as page:
        open_row(page, BANK, "/admin/gateway_credentials/client/", CLIENT)
        client = urlsplit(page.url).path.partition("change/")[0]
        page.goto(address(BANK, f"{client}secret/sandbox/"))
        page.locator(".fx-decide [type=submit]").click()
        page.locator(".fx-shown-once").wait_for()
        keep(page, "gateway-secret")
        app_id, key_id, *_facts = page.locator(".fx-shown-once dd").all_inner_texts()
        partner = _Partner(app_id, key_id, page.locator(".fx-shown-once code").inner_text())
        partner.take_the_suite()
        open_row(page, BANK, "/admin/gateway_conformance/run/", CLIENT)
        keep(page, "gateway-conformance")
    context = browser.new_context(viewport={"width": PHONE[0], "height": 667}, locale="zh-CN")
    keyboard = context.new_page()
    keyboard.goto(partner.keyboard())
    keyboard.wait_for_timeout(1500)
    keep(keyboard, "gateway-keyboard")
    context.close()


@dataclass
class _Partner:
    app_id: str
    key_id: str
    secret: str

    def take_the_suite(self) -> None:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "secret.txt"
            file.write_text(self.secret)
            words = [
                "--base", SANDBOX, "--app-id", self.app_id, "--key-id", self.key_id,
                "--secret-file", str(file),
            ]  # fmt: skip
            driver = EXAMPLES / "conformance_run.py"
            subprocess.run([sys.executable, driver, *words], check=True, stdout=subprocess.DEVNULL)

    def keyboard(self) -> str:
        """Where the customer types, for a session of its own."""
        sys.path.append(str(EXAMPLES))
        from conformance_run import Client, of_secret, platform_keys

        with httpx.Client() as http:
            sign, verify = of_secret(self.secret)
            keys = {**platform_keys(SANDBOX, http), self.key_id: verify}
            client = Client(SANDBOX, self.app_id, self.key_id, sign, keys, http)
            wish = {"purpose": "txn", "length": 6, "device_fp": "screenshots"}
            begun = client.call(
                "POST", "/gw/v1/pinpad/sessions", body=client.encode(wish),
                idempotency_key=f"shot-{time.time_ns()}",
            ).json()  # fmt: skip
        parts = f"session_id={begun['session_id']}&client_token={begun['client_token']}"
        return f"{SANDBOX}/keyboard/{self.app_id}/#{parts}"


def gateway_platform(browser: Browser) -> None:
    with signed_in(browser, "console", "operator") as page:
        visit(page, "console", "/admin/gateway/overview/", "gateway-overview")


def gateway_docs(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]}, locale="zh-CN")
    visit(page, "open", "/docs/", "gateway-docs")
    page.close()


SCENES: list[Callable[[Browser], None]] = [
    template, faces, sign_in, bank_maker, bank_checker, coupon_pages, coupon_import, coupon_counter,
    wallet, reconciliation, platform, gateway_platform, gateway_review, gateway_client,
    gateway_docs,
]  # fmt: skip


def main() -> int:
    """All of them, or those that are named."""
    # It takes what it needs from here.
    from selling_scenes import SCENES as SELLING

    IMAGES.mkdir(exist_ok=True)
    named = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for scene in [*SCENES, *SELLING]:
            if not named or scene.__name__ in named:
                scene(browser)
        browser.close()
    sys.stdout.write(f"{len(list(IMAGES.glob('*.png')))} pictures in {IMAGES}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
