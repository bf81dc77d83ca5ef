from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from operators.choices import BankRole
from publishing.services import current_edition
from tests.approvals.people import make_draft, make_operator, publish
from tests.consoles.walking import shorten_walks
from tests.isolation.conftest import Filled, ids_at
from tests.isolation.routes import addresses_of, routes_of
from tests.operators.people import make_branch

LINK = re.compile(r'(?:href|action|src|hx-get|hx-post|data-url)="([^"]+)"')
PAGES_MAX = 185
# Tabs, sorting and paging make many addresses of one page; a few of them are enough.
VARIANTS_MAX = 3
WHOLE_BANK = [BankRole.ADMINISTRATOR, BankRole.MAKER, BankRole.CHECKER, BankRole.VIEWER]


@pytest.fixture(autouse=True)
def _short_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_walks(monkeypatch)


def text_of(response: object) -> str:
    parts = getattr(response, "streaming_content", None)
    content = b"".join(parts) if parts is not None else response.content  # type: ignore[attr-defined]
    return content.decode("utf-8", "replace")


def everyone(filled: Filled) -> Client:
    """One person with every role of the whole bank: what any of them could open."""
    client = Client(headers={"host": filled.host})
    with tenant_context(filled.bank):
        client.force_login(make_operator("zqx.everyone", *WHOLE_BANK))
    return client


def branch_staff(filled: Filled) -> Client:
    return filled.client(BankRole.BRANCH)


def follow_links(client: Client, start: str, variants_max: int = VARIANTS_MAX) -> dict[str, str]:
    """Texts of the pages that links lead to, by address."""
    seen: dict[str, str] = {}
    variants: Counter[str] = Counter()
    waiting = deque([start])
    while waiting and len(variants) < PAGES_MAX:
        address = waiting.popleft()
        if address in seen or "logout" in address or address.startswith("/static/"):
            continue
        variants[urlsplit(address).path] += 1
        if variants[urlsplit(address).path] > variants_max:
            continue
        response = client.get(address)
        assert response.status_code < 500, address
        seen[address] = text_of(response) if response.status_code == 200 else ""
        for link in LINK.findall(seen[address]):
            target = urlsplit(urljoin(address, unescape(link)))
            if not target.netloc and target.path.startswith("/"):
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    return seen


@pytest.mark.parametrize("role", WHOLE_BANK)
def test_no_page_that_links_lead_to_shows_another_bank(
    filled_alpha: Filled, filled_beta: Filled, role: str
) -> None:
    """As links first lead there; the same pages' other tabs and orders are the next test's."""
    pages = follow_links(filled_alpha.client(role), "/admin/", variants_max=1)

    assert [page for page, text in pages.items() if filled_beta.mark in text] == []
    assert len([page for page, text in pages.items() if filled_alpha.mark in text]) >= 3


@pytest.mark.parametrize("sign_in", [everyone, branch_staff])
def test_no_tab_or_order_of_a_page_shows_another_bank(
    filled_alpha: Filled, filled_beta: Filled, sign_in: Callable[[Filled], Client]
) -> None:
    pages = follow_links(sign_in(filled_alpha), "/admin/")

    assert [page for page, text in pages.items() if filled_beta.mark in text] == []
    assert len([page for page, text in pages.items() if filled_alpha.mark in text]) >= 3


def test_no_registered_address_shows_another_bank_by_its_ids_or_words(
    filled_alpha: Filled, filled_beta: Filled
) -> None:
    client = everyone(filled_alpha)
    mark, shown, own = filled_beta.mark, [], 0
    for route in routes_of("config.urls_bank"):
        addresses = list(addresses_of(route, filled_beta.ids_at(route)))
        searches = [f"{address}?q={mark}&s={mark}&term={mark}" for address in addresses[:1]]
        for address in [*addresses, *searches]:
            response = client.get(address)
            assert response.status_code < 500, address
            text = text_of(response)
            # A page may repeat the words that were typed into its own search box.
            shown += [address] if count_found(text, mark) else []
            own += filled_alpha.mark in text

    assert shown == []
    assert own > 10


def count_found(text: str, mark: str) -> int:
    """How often the mark stands on a page other than as the search that was asked for."""
    echoes = re.compile(rf'(value="|[?&](amp;)?[\w.-]+=){re.escape(mark)}')
    return len(re.findall(re.escape(mark) + r"(?=[ \-*C.])", echoes.sub("", text)))


def test_a_session_of_one_bank_is_nothing_at_another(
    filled_alpha: Filled, filled_beta: Filled
) -> None:
    client = filled_beta.client(BankRole.ADMINISTRATOR)
    assert client.get("/admin/").status_code == 200

    at_alpha = Client(headers={"host": filled_alpha.host})
    at_alpha.cookies = client.cookies
    for route in routes_of("config.urls_bank"):
        for address in addresses_of(route, filled_alpha.ids_at(route)[:6]):
            text = text_of(at_alpha.get(address))
            assert filled_alpha.mark not in text, address
            assert filled_beta.mark not in text, address
    assert at_alpha.get("/admin/").status_code == 302


@pytest.mark.parametrize("sign_in", [everyone, branch_staff])
def test_a_bank_s_session_is_nothing_on_the_platform(
    filled_alpha: Filled, sign_in: Callable[[Filled], Client]
) -> None:
    client = sign_in(filled_alpha)
    assert client.get("/admin/").status_code == 200
    on_platform = Client(headers={"host": "console.localhost"})
    on_platform.cookies = client.cookies

    for route in routes_of("config.urls_platform"):
        for address in addresses_of(route, filled_alpha.ids[:3]):
            assert filled_alpha.mark not in text_of(on_platform.get(address)), address
    assert on_platform.get("/admin/").status_code == 302


def test_branch_staff_reach_nothing_outside_their_subtree(filled_alpha: Filled) -> None:
    with tenant_context(filled_alpha.bank):
        other = make_branch("Zqxother", filled_alpha.branch.get_parent())
        person = make_operator("zqxother.person", "branch", branch=other)
        maker, checker = filled_alpha.people["maker"], filled_alpha.people["checker"]
        live = make_draft(maker, "Zqxother live", branch=other)
        request = publish(maker, checker, live)
        hidden = make_draft(maker, "Zqxother draft", branch=other)
        edition = current_edition()
    client = filled_alpha.client(BankRole.BRANCH)

    pages = follow_links(client, "/admin/")
    rows = [hidden, live, other, person, request, edition]
    ids = (*(str(row.pk) for row in rows), str(live.uid), str(hidden.uid))
    for route in routes_of("config.urls_bank"):
        for address in addresses_of(route, ids_at(filled_alpha.bank, route, ids)):
            pages[address] = text_of(client.get(address))

    assert [page for page, text in pages.items() if "Zqxother " in text] == []
    assert any(filled_alpha.mark in text for text in pages.values())
