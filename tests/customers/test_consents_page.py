from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from django_tenants.utils import tenant_context

from customers import partners
from customers.consents import give_consent, withdraw_consent
from operators.models import Operator
from tests.approvals.people import make_operator

LIST = "/admin/customers/consent/"


def give(number: str, key: str = "k", **more: Any) -> Any:
    wish = {
        "purpose": "profile", "app_id": "app_aaaaaaaaaaaaaaaa", "wording_version": "2026-1",
        "wording_digest": "0" * 64, "at": timezone.now(), **more,
    }  # fmt: skip
    return give_consent(customer_number=number, key=key, **wish).consent


def console(operator: Operator, slug: str = "alpha") -> Client:
    client = Client(headers={"host": f"{slug}.localhost"})
    client.force_login(operator)
    return client


@pytest.fixture
def checker(bank: Any) -> Operator:
    return make_operator("chen", "checker")


def test_the_list_shows_who_agreed_to_what_and_whether_it_holds(
    checker: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partners, "_namings", [lambda ids: dict.fromkeys(ids, "Rice Shop")])
    now = timezone.now()
    give("HOLDS1")
    gone = give("GONE1")
    withdraw_consent(customer_number="GONE1", consent_id=gone.pk, at=now)
    give("OVER1", at=now - timedelta(days=300))
    with override("en"):
        client = console(checker)
        pages = {
            state: client.get(LIST, {"state": state}).content.decode()
            for state in ("", "valid", "withdrawn", "expired")
        }
        detail = client.get(f"{LIST}{gone.pk}/change/").content.decode()

    shown = {
        state: [number for number in ("HOLDS1", "GONE1", "OVER1") if number in page]
        for state, page in pages.items()
    }
    assert shown == {
        "": ["HOLDS1", "GONE1", "OVER1"], "valid": ["HOLDS1"], "withdrawn": ["GONE1"],
        "expired": ["OVER1"],
    }  # fmt: skip
    assert "Rice Shop" in pages[""]
    assert "0" * 64 in detail


def test_it_is_searched_by_the_beginning_of_the_number(checker: Operator) -> None:
    give("ABC1"), give("XYZ1")
    page = console(checker).get(LIST, {"q": "AB"}).content.decode()
    assert ("ABC1" in page, "XYZ1" in page) == (True, False)


def test_nobody_changes_a_consent_in_the_console(checker: Operator) -> None:
    consent = give("C1")
    client = console(checker)
    for address in (f"{LIST}add/", f"{LIST}{consent.pk}/delete/"):
        assert client.post(address).status_code == 403
    assert client.post(f"{LIST}{consent.pk}/change/", {"purpose": "login"}).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"), [("maker", 200), ("checker", 200), ("viewer", 403), ("branch", 403)]
)
def test_who_sees_it(bank: Any, role: str, status: int) -> None:
    operator = make_operator(f"p.{role}", role)
    assert console(operator).get(LIST).status_code == status


def test_another_bank_s_consents_are_not_there(checker: Operator, beta: Any) -> None:
    with tenant_context(beta):
        foreign = give("BETA1")
    client = console(checker)
    assert "BETA1" not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{foreign.pk}/change/").status_code == 302
