from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.test.client import RequestFactory
from django.urls import reverse
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from config.navigation import BANK_SIDEBAR, PLATFORM_SIDEBAR
from operators.choices import BankRole, PlatformRole
from tests.consoles.visitor import Visitor
from tests.consoles.walking import shorten_walks
from tests.operators.people import PASSWORD, make_operator

ENTRIES = [
    (console, entry)
    for console, sidebar in (("bank", BANK_SIDEBAR), ("platform", PLATFORM_SIDEBAR))
    for group in sidebar
    for entry in group["items"]
]


@pytest.fixture(autouse=True)
def _short_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_walks(monkeypatch)


def links(client: Visitor) -> list[str]:
    groups = client.get("/admin/").context["sidebar_navigation"]
    return [entry["link"] for group in groups for entry in group["items"]]


@pytest.mark.parametrize(("console", "entry"), ENTRIES, ids=lambda each: str(each)[:40])
def test_no_entry_leads_nowhere(console: str, entry: dict[str, Any], rf: RequestFactory) -> None:
    urls = f"config.urls_{console}"

    if not entry["page"].startswith("/"):
        assert reverse(f"{console}:{entry['page']}", urlconf=urls)
    if entry.get("badge"):
        assert callable(import_string(entry["badge"]))


@pytest.mark.django_db
def test_every_permission_of_an_entry_exists() -> None:
    known = {
        f"{app_label}.{codename}"
        for app_label, codename in Permission.objects.values_list(
            "content_type__app_label", "codename"
        )
    }
    wanted = {entry["permission"] for _console, entry in ENTRIES} - {""}
    # Customers live in the banks' schemas alone.
    assert {name for name in wanted - known if not name.startswith("customers.")} == set()


@pytest.mark.parametrize("role", BankRole.values)
def test_every_entry_a_bank_role_sees_opens(
    alpha: Any, enter: Callable[..., Visitor], role: str
) -> None:
    client = enter(alpha, role)

    for link in links(client):
        assert client.get(link, follow=True).status_code == 200, link


@pytest.mark.parametrize("role", PlatformRole.values)
def test_every_entry_a_platform_role_sees_opens(
    enter: Callable[..., Visitor], settings: Any, role: str
) -> None:
    settings.TWO_FACTOR_REQUIRED = False
    client = enter(None, role)

    for link in links(client):
        assert client.get(link, follow=True).status_code == 200, link


def test_a_menu_shows_what_the_role_may_open(alpha: Any, enter: Callable[..., Visitor]) -> None:
    viewer, administrator = links(enter(alpha, "viewer")), links(enter(alpha, "administrator"))

    assert "/admin/audit/auditevent/" not in viewer
    assert "/admin/audit/auditevent/" in administrator
    assert "/admin/announcements/announcement/" in viewer


def test_one_entry_at_most_is_marked_as_the_page_at_hand(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    client = enter(alpha, "administrator")

    for link in [*links(client), "/admin/approvals/request/"]:
        page = client.get(link)
        if page.context and "sidebar_navigation" in page.context:
            entries = [e for group in page.context["sidebar_navigation"] for e in group["items"]]
            assert sum(entry["active"] for entry in entries) <= 1, link


def test_signing_in_leads_to_the_page_that_was_asked_for(alpha: Any) -> None:
    with tenant_context(alpha):
        make_operator("ada", "administrator")
    client = Client(HTTP_HOST="alpha.localhost")
    wanted = "/admin/operators/branch/"
    page = client.get(wanted, follow=True)
    assert f'name="next" value="{wanted}"' in page.content.decode()

    body = {"username": "ada", "password": PASSWORD, "next": wanted}
    assert client.post("/admin/login/", body)["Location"] == wanted


def test_signing_in_without_a_wish_leads_to_the_workbench(alpha: Any) -> None:
    with tenant_context(alpha):
        make_operator("ada", "administrator")
    client = Client(HTTP_HOST="alpha.localhost")

    body = {"username": "ada", "password": PASSWORD}
    assert client.post("/admin/login/", body)["Location"] == "/admin/"
    assert (
        client.post("/admin/login/", {**body, "next": "//evil.example/"})["Location"] == "/admin/"
    )
