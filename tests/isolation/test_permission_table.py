"""Who may open what: every console address without parameters, for every role, recorded and under
review in ``permission_table.json``. ``UPDATE_PERMISSION_TABLE=1`` records anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from operators.choices import BankRole, PlatformRole
from tenants.models import Bank
from tests.approvals.people import make_operator
from tests.consoles.walking import shorten_walks
from tests.isolation.routes import PARAMETER, routes_of
from tests.operators.people import make_branch

RECORD = Path(__file__).with_name("permission_table.json")


@pytest.fixture(autouse=True)
def _short_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_walks(monkeypatch)


def statuses(client: Client, urlconf: str) -> dict[str, int]:
    plain = [r for r in routes_of(urlconf) if "(?P" not in r and not PARAMETER.search(r)]
    return {r: client.get(r).status_code for r in plain if r.startswith("/admin/")}


def compare(side: str, role: str, found: dict[str, int]) -> None:
    if os.environ.get("UPDATE_PERMISSION_TABLE"):
        table = recorded()
        for address, status in found.items():
            table.setdefault(side, {}).setdefault(address, {})[role] = status
        RECORD.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")
    expected = {address: row.get(role) for address, row in recorded()[side].items()}
    assert found == expected


def recorded() -> dict[str, Any]:
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


@pytest.mark.parametrize("role", BankRole.values)
def test_a_bank_s_roles_open_what_is_recorded(alpha: Bank, role: str) -> None:
    with tenant_context(alpha):
        root = make_branch("P0")
        operator = make_operator(f"p.{role}", role, branch=root)
        client = Client(headers={"host": "alpha.localhost"})
        client.force_login(operator)

    compare("bank", role, statuses(client, "config.urls_bank"))


@pytest.mark.parametrize("role", PlatformRole.values)
def test_the_platform_s_roles_open_what_is_recorded(db: None, settings: Any, role: str) -> None:
    settings.TWO_FACTOR_REQUIRED = False
    client = Client(headers={"host": "console.localhost"})
    client.force_login(make_operator(f"p.{role}", role))

    compare("platform", role, statuses(client, "config.urls_platform"))


def test_nobody_opens_anything_unless_signed_in(db: None, alpha: Bank) -> None:
    opened = {
        address
        for host, urlconf in (("alpha", "config.urls_bank"), ("console", "config.urls_platform"))
        for address, status in statuses(
            Client(headers={"host": f"{host}.localhost"}), urlconf
        ).items()
        if status == 200
    }

    assert opened == {"/admin/login/", "/admin/jsi18n/"} & opened
