from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from operators import banks
from operators.models import Operator
from tenants.models import Bank, Domain
from tenants.schemas import schema_exists


def create(*arguments: str) -> tuple[int, dict[str, Any]]:
    out, code = io.StringIO(), 0
    try:
        call_command("create_bank", *arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(out.getvalue())


def test_a_created_bank_is_ready_to_sign_in_by_its_link(db: None) -> None:
    code, made = create("wangcheng", "--name", "Wangcheng Bank", "--admin", "Wei")

    assert code == 0
    assert made["administrator"] == "wei"
    assert made["link"].startswith("http://wangcheng.localhost:8000/admin/password/")
    client = Client(HTTP_HOST="wangcheng.localhost")
    path = made["link"].removeprefix("http://wangcheng.localhost:8000")
    new = {"password": "Right-horse-7", "again": "Right-horse-7"}
    assert client.post(path, new).headers["Location"] == "/admin/login/"
    signed_in = client.post("/admin/login/", {"username": "wei", "password": "Right-horse-7"})
    assert signed_in.status_code == 302
    with tenant_context(Bank.objects.get(slug="wangcheng")):
        wei = Operator.objects.get(username="wei")
        assert wei.has_perm("operators.manage_operators")
        events = set(AuditEvent.objects.values_list("event", flat=True))
    assert {"operators.bootstrapped", "operators.password_set", "operators.signed_in"} <= events


@pytest.mark.parametrize(
    ("slug", "admin", "code"),
    [
        ("alpha", "admin", "duplicate_slug"),
        ("Not_A_Label", "admin", "bad_slug"),
        ("dash-", "admin", "bad_slug"),
        ("console", "admin", "reserved_slug"),
        ("orphan", "admin", "schema_exists"),
        ("fresh", "管理员", "operators.invalid"),
        ("fresh", "", "operators.invalid"),
        ("fresh", "two words", "operators.invalid"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(
    alpha: Bank, slug: str, admin: str, code: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA b_orphan")
    before = set(Bank.objects.values_list("slug", flat=True))

    exit_code, answer = create(slug, "--name", "Some Bank", "--admin", admin)

    assert exit_code == 1
    assert answer["code"] == code
    assert answer["error"]
    assert set(Bank.objects.values_list("slug", flat=True)) == before
    assert not schema_exists("b_fresh")
    assert not Domain.objects.filter(domain="fresh.localhost").exists()


def test_nothing_of_the_bank_remains_when_the_second_step_fails(
    alpha: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_given: Any) -> None:
        raise RuntimeError("the process was killed")

    monkeypatch.setattr(banks, "create_first_administrator", fail)
    with pytest.raises(RuntimeError):
        create("fresh", "--name", "Fresh Bank", "--admin", "wei")
    assert not schema_exists("b_fresh")
    assert not Bank.objects.filter(slug="fresh").exists()

    monkeypatch.undo()
    assert create("fresh", "--name", "Fresh Bank", "--admin", "wei")[0] == 0


def test_missing_arguments_are_a_usage_error(db: None) -> None:
    with pytest.raises(CommandError, match="--admin"):
        call_command("create_bank", "fresh", "--name", "Fresh Bank")


def test_the_sentence_goes_to_stderr_without_json(alpha: Bank, capsys: Any) -> None:
    error = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("create_bank", "console", "--name", "X", "--admin", "a", stderr=error)
    assert "console" in error.getvalue()
    assert capsys.readouterr().out == ""


def test_the_platforms_first_administrator_is_made_once(db: None) -> None:
    out, error = io.StringIO(), io.StringIO()
    call_command("create_platform_administrator", "root", stdout=out)
    assert "http://console.localhost:8000/admin/password/" in out.getvalue()

    with pytest.raises(SystemExit):
        call_command("create_platform_administrator", "second", stderr=error)
    assert not Operator.objects.filter(username="second").exists()
