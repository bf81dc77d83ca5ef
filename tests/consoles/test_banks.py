from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from operators.models import Operator
from tenants.models import Bank
from tests.consoles.visitor import Visitor

ADD = "/admin/tenants/bank/add/"
NEW = {
    "slug": "gamma", "name": "Gamma Bank", "short_name": "Gamma", "prefecture": "", "code": "",
    "skin": "huxiang", "administrator": "boss", "administrator_name": "Bo Ss",
}  # fmt: skip


@pytest.fixture
def client(skins: None, enter: Callable[..., Visitor]) -> Visitor:
    client = enter(None, "operator")
    client.cookies["django_language"] = "en"
    return client


def test_a_new_bank_can_be_entered_by_the_link_shown_once(client: Visitor) -> None:
    answer = client.post(ADD, NEW)

    text = answer.content.decode()
    bank = Bank.objects.get(slug="gamma")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "http://gamma.localhost" in text
    with tenant_context(bank):
        assert Operator.objects.get().username == "boss"
    secret = text.split("/admin/password/")[1].split("/")[0]
    assert Client(HTTP_HOST="gamma.localhost").get(f"/admin/password/{secret}/").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("slug", "alpha", "alpha"),
        ("slug", "Not A Label", "lower-case"),
        ("slug", "admin", "reserved"),
    ],
)
def test_bad_input_gets_a_sentence_and_makes_nothing(
    client: Visitor, alpha: Any, field: str, value: str, word: str
) -> None:
    banks = Bank.objects.count()

    with override("en"):
        answer = client.post(ADD, {**NEW, field: value})

    assert answer.status_code == 200
    assert word in answer.content.decode()
    assert 'value="Gamma Bank"' in answer.content.decode()
    assert Bank.objects.count() == banks


def test_suspending_needs_a_reason_and_is_recorded(client: Visitor, alpha: Any) -> None:
    address = f"/admin/tenants/bank/{alpha.pk}/suspend/"

    client.post(address, {"_form_submitted": "1", "reason": ""})
    alpha.refresh_from_db()
    assert alpha.status == "active"

    answer = client.post(
        address, {"_form_submitted": "1", "reason": "merger"}, HTTP_HX_REQUEST="true"
    )
    alpha.refresh_from_db()
    event = AuditEvent.objects.latest("at")
    assert answer["HX-Redirect"].startswith("/admin/tenants/bank/")
    assert alpha.status == "suspended"
    assert (event.reason, event.actor_name) == ("merger", client.operator.name)


def test_an_action_that_does_not_fit_the_status_says_so_in_the_dialog(
    client: Visitor, alpha: Any
) -> None:
    address = f"/admin/tenants/bank/{alpha.pk}/reopen/"

    answer = client.post(address, {"_form_submitted": "1", "reason": "again"})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_a_bank_is_found_by_pinyin(client: Visitor) -> None:
    client.post(ADD, {**NEW, "name": "长沙农商银行"})

    assert "gamma" in client.get("/admin/tenants/bank/?q=changsha").content.decode()


DETAILS = {
    "name": "新名农商银行", "short_name": "新名", "prefecture": "长沙市", "code": "99001",
    "skin": "dragon",
}  # fmt: skip


def test_a_bank_s_details_are_corrected_and_recorded(client: Visitor, alpha: Any) -> None:
    answer = client.post(f"/admin/tenants/bank/{alpha.pk}/change/", {**DETAILS, "slug": "other"})

    alpha.refresh_from_db()
    assert answer.status_code == 302
    assert {field: getattr(alpha, field) for field in DETAILS} == DETAILS
    assert (alpha.slug, alpha.name_key[:3]) == ("alpha", "xin")
    event = AuditEvent.objects.get(event="tenants.bank_details_changed")
    assert event.after["skin"] == "dragon"


def test_a_bank_code_belongs_to_one_bank(client: Visitor, alpha: Any, beta: Any) -> None:
    type(beta).objects.filter(pk=beta.pk).update(code="99001")
    answer = client.post(f"/admin/tenants/bank/{alpha.pk}/change/", DETAILS)

    alpha.refresh_from_db()
    assert answer.status_code == 200
    assert alpha.name != "新名农商银行"


def test_an_auditor_reads_a_bank_s_details_and_changes_none(
    enter: Callable[..., Visitor], skins: None, alpha: Any
) -> None:
    client = enter(None, "auditor")
    assert client.get(f"/admin/tenants/bank/{alpha.pk}/change/").status_code == 200
    assert client.post(f"/admin/tenants/bank/{alpha.pk}/change/", DETAILS).status_code == 403
