from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent, ChainLink
from audit.sealing import seal_chains
from audit.verification import verify_schema
from publishing.management.commands import verify_audit
from tenants.choices import BankStatus

Happen = Callable[..., list[AuditEvent]]


def verify(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON object, and what went to stderr."""
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command("verify_audit", "--json", *arguments, stdout=out, stderr=err)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    return code, json.loads(out.getvalue()), err.getvalue()


def tamper(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_an_intact_province_is_verified_with_its_counts(
    alpha: Any, beta: Any, happen: Happen
) -> None:
    before = verify()[1]["rows"]
    happen(1)
    with tenant_context(alpha):
        happen(2)
        seal_chains()

    code, result, _err = verify()

    assert (code, result["intact"], result["broken"]) == (0, True, None)
    assert result["rows"] == before + 3
    schemas = {chain["schema"] for chain in result["chains"] if chain["chain"] == "audit"}
    assert schemas == {"public", alpha.schema_name, beta.schema_name}


def test_the_first_broken_row_is_named_and_the_exit_code_is_1(
    alpha: Any, beta: Any, happen: Happen
) -> None:
    with tenant_context(beta):
        rows = happen(3)
        seal_chains()
        tamper("UPDATE audit_auditevent SET reason = 'x' WHERE id <> %s", rows[0].id)
        place = ChainLink.objects.get(row_id=rows[1].id).position

    code, result, _err = verify()

    assert (code, result["intact"]) == (1, False)
    assert result["broken"] | {"what": ""} == {
        "schema": beta.schema_name,
        "chain": "audit",
        "breach": "row_edited",
        "row_id": str(rows[1].id),
        "position": place,
        "what": "",
    }


def test_a_broken_bank_is_told_in_a_sentence(alpha: Any, happen: Happen) -> None:
    with tenant_context(alpha):
        [row] = happen(1)
        tamper("DELETE FROM audit_auditevent WHERE id = %s", row.id)
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("verify_audit", stdout=out)

    assert alpha.schema_name in out.getvalue()
    assert str(row.id) in out.getvalue()


def test_a_suspended_bank_is_verified_too(alpha: Any, happen: Happen) -> None:
    with tenant_context(alpha):
        [row] = happen(1)
        tamper("UPDATE audit_auditevent SET reason = 'x' WHERE id = %s", row.id)
    type(alpha).objects.filter(pk=alpha.pk).update(status=BankStatus.SUSPENDED)

    code, result, _err = verify()

    assert (code, result["broken"]["schema"]) == (1, alpha.schema_name)


def test_one_bank_can_be_verified_alone(alpha: Any, beta: Any, happen: Happen) -> None:
    with tenant_context(beta):
        [row] = happen(1)
        tamper("UPDATE audit_auditevent SET reason = 'x' WHERE id = %s", row.id)

    assert verify("--bank", "alpha")[0] == 0
    assert verify("--bank", "beta")[0] == 1


def test_an_unknown_bank_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("verify_audit", "--bank", "nowhere")


def test_rows_that_wait_long_for_the_sealer_are_a_warning_only(alpha: Any, happen: Happen) -> None:
    with tenant_context(alpha):
        [row] = happen(1)
        ChainLink.objects.filter(row_id=row.id).update(
            linked_at=timezone.now() - dt.timedelta(seconds=61)
        )

    code, _result, err = verify("--bank", "alpha")

    assert code == 0
    assert alpha.schema_name in err


def test_a_schema_that_cannot_be_read_does_not_hide_the_others(
    alpha: Any, beta: Any, happen: Happen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify_or_fail() -> Any:
        if connection.schema_name == alpha.schema_name:
            raise ProgrammingError("relation does not exist")
        return verify_schema()

    monkeypatch.setattr(verify_audit, "verify_schema", verify_or_fail)
    with tenant_context(beta):
        [row] = happen(1)
        tamper("UPDATE audit_auditevent SET reason = 'x' WHERE id = %s", row.id)

    code, result, _err = verify()

    assert code == 1
    assert list(result["unreadable"]) == [alpha.schema_name]
    assert result["broken"]["schema"] == beta.schema_name


def test_verification_of_many_rows_reads_them_in_batches(
    bank: Any, happen: Happen, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    from audit import verification

    happen(25)
    seal_chains()
    monkeypatch.setattr(verification, "BATCH", 10)

    with django_assert_max_num_queries(30):
        reports = list(verification.verify_schema())

    assert [report.broken for report in reports] == [None] * len(reports)
    assert sum(report.sealed for report in reports) >= 25
