from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.province import PASSWORD, Province, running_province

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--lang=zh-CN",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
]


# Not for the session: while Playwright runs, Django refuses database access in this thread.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with chromium_browser() as browser:
        yield browser


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        reason = f"No Chromium at {CHROMIUM}; set CHROMIUM to run the browser tests."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def province() -> Iterator[Province]:
    with running_province("browser", banks=2) as running:
        yield running


@pytest.fixture
def open_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    contexts: list[BrowserContext] = []

    def new(**options: Any) -> BrowserContext:
        options = {"viewport": {"width": 1440, "height": 900}, **options}
        context = chromium.new_context(timezone_id="Asia/Shanghai", locale="zh-CN", **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def sign_in(province: Province, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A page of a signed-in operator; ``page.faults`` has all that the browser complained about."""

    def enter(host: str, username: str, password: str = PASSWORD, **options: Any) -> Page:
        page = open_context(**options).new_page()
        watch(page, province)
        page.goto(province.address(host, "/admin/"))
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(province.address(host, "/admin/"))
        return page

    return enter


def watch(page: Page, province: Province) -> None:
    """Collects script errors, violations of the content security policy and foreign requests."""
    faults: list[str] = []
    page.faults = faults  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda r: (
            None
            if f".localhost:{province.port}/" in r.url
            or r.url.startswith(("data:", "blob:", "about:"))
            else faults.append(f"foreign request: {r.url}")
        ),
    )
