"""Every page that the menus lead to: axe finds nothing grave, the browser complains of nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.axe import Acquaintance, grave_findings
from tests.browser.conftest import watch
from tests.province import Province

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}}


def menu_addresses(page: Page) -> list[str]:
    links = page.locator("#nav-sidebar a, nav a, aside a").evaluate_all(
        "nodes => nodes.map(node => node.getAttribute('href'))"
    )
    own = {link for link in links if link and link.startswith(("/admin/", "/preview/"))}
    return sorted(link for link in own if "logout" not in link)


def first_rows(page: Page) -> list[str]:
    links = page.locator("#result_list tbody th a, #result_list tbody td a").evaluate_all(
        "nodes => nodes.map(node => node.getAttribute('href'))"
    )
    return [link for link in links if link and link.startswith("/admin/")][:1]


@pytest.fixture(scope="module")
def met() -> dict[str, Acquaintance]:
    """By host."""
    return defaultdict(Acquaintance)


def visit_everything(
    page: Page, province: Province, host: str, met: dict[str, Acquaintance], *, again: bool
) -> list[str]:
    """``again``: somebody else saw these pages before; axe looks at what is different."""

    def look() -> list[str]:
        is_new = met[host].is_new(page)
        return grave_findings(page) if is_new or not again else []

    findings = look()
    for address in menu_addresses(page):
        response = page.goto(province.address(host, address))
        assert response is not None
        assert response.status == 200, address
        findings += look()
        for row in first_rows(page):
            page.goto(province.address(host, row))
            findings += look()
    return findings


@pytest.mark.parametrize(
    ("host", "username"),
    [
        ("changsha", "admin"), ("changsha", "maker"), ("changsha", "checker"),
        ("changsha", "branch"), ("console", "admin"), ("console", "operator"),
        ("console", "auditor"),
    ],
)  # fmt: skip
def test_the_pages_that_menus_lead_to_are_sound(
    province: Province,
    sign_in: Callable[..., Page],
    met: dict[str, Acquaintance],
    host: str,
    username: str,
) -> None:
    page = sign_in(host, username)

    assert visit_everything(page, province, host, met, again=username != "admin") == []
    assert page.faults == []  # type: ignore[attr-defined]


def test_pages_fit_a_phone(province: Province, sign_in: Callable[..., Page]) -> None:
    page = sign_in("changsha", "checker", **PHONE)

    too_wide = []
    for address in ["/admin/", *menu_addresses(page)]:
        page.goto(province.address("changsha", address))
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            too_wide.append(address)

    assert too_wide == []


@pytest.mark.parametrize("host", ["changsha", "console"])
def test_the_sign_in_page_is_sound(
    province: Province, open_context: Callable[..., BrowserContext], host: str
) -> None:
    page = open_context().new_page()
    watch(page, province)
    page.goto(province.address(host, "/admin/"))

    assert grave_findings(page) == []
    assert page.faults == []  # type: ignore[attr-defined]


def test_a_wrong_password_is_answered_in_chinese(
    province: Province, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.goto(province.address("changsha", "/admin/"))
    page.fill("input[name=username]", "nobody")
    page.fill("input[name=password]", "wrong")
    page.press("input[name=password]", "Enter")

    assert "用户名或密码" in page.inner_text("main")
