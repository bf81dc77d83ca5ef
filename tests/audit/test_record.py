from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from django.utils.functional import lazystr

from audit.canonical import canonical, dumps
from audit.context import request_context
from audit.errors import AppendOnly, NotCanonical, SecretInAudit, UnknownEvent
from audit.models import AuditEvent, ChainLink
from audit.services import record
from audit.verification import verify_schema
from tests.audit.conftest import HAPPENED

UTC8 = dt.timezone(dt.timedelta(hours=8))
VALUES = {
    "money": Decimal("12.50"),
    "large": Decimal("1E+3"),
    "at": dt.datetime(2026, 7, 1, 9, 30, 0, 5, tzinfo=UTC8),
    "on": dt.date(2026, 7, 1),
    "time": dt.time(9, 30),
    "id": UUID(int=1),
    "flag": True,
    "nothing": None,
    "whole": 2**70,
    "words": lazystr("福祥 “quoted” \\ \u2028"),
    "nul": "a\x00b\ud800c",
    "list": [1, ("a", {"b": Decimal("0.10")})],
    "set": {"b", "a"},
    7: "a number as key",
}
STORED = {
    "money": "12.50",
    "large": "1000",
    "at": "2026-07-01T01:30:00.000005+00:00",
    "on": "2026-07-01",
    "time": "09:30:00",
    "id": "00000000-0000-0000-0000-000000000001",
    "flag": True,
    "nothing": None,
    "whole": 2**70,
    "words": "福祥 “quoted” \\ \u2028",
    "nul": "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c",
    "list": [1, ["a", {"b": "0.10"}]],
    "set": ["a", "b"],
    "7": "a number as key",
}


def operator(**columns: Any) -> Any:
    class Actor(SimpleNamespace):
        def __str__(self) -> str:
            return "王 芳"

        def get_username(self) -> str:
            return "wangfang"

    return Actor(pk=7, **columns)


def broken() -> list[Any]:
    return [report.broken for report in verify_schema() if report.broken]


def test_an_event_tells_who_did_what_to_what_from_where(bank: Any) -> None:
    branch = SimpleNamespace(path="00010002", name="城关支行")
    with request_context("request-1", "2001:db8::1"):
        made = record(
            HAPPENED, actor=operator(), target=bank, before={"a": 1}, after={"a": 2},
            branch=branch, reason="because",
        )  # fmt: skip

    row = AuditEvent.objects.get(id=made.id)

    assert (row.actor_schema, row.actor_id) == (bank.schema_name, 7)
    assert (row.actor_name, row.actor_username) == ("王 芳", "wangfang")
    assert (row.target_kind, row.target_id) == ("tenants.bank", str(bank.pk))
    assert row.target_label == bank.name
    assert (row.before, row.after, row.reason) == ({"a": 1}, {"a": 2}, "because")
    assert (row.branch_path, row.branch_name) == ("00010002", "城关支行")
    assert (row.request_id, row.address) == ("request-1", "2001:db8::1")
    assert broken() == []


def test_the_system_acts_without_an_operator(bank: Any) -> None:
    row = record(HAPPENED, actor=None)

    assert (row.actor_name, row.actor_id, row.actor_schema) == ("system", None, "")


def test_someone_of_the_platform_keeps_their_schema_inside_a_bank(bank: Any) -> None:
    row = record(HAPPENED, actor=operator(schema_name="public"))

    assert row.actor_schema == "public"


def test_values_come_back_from_the_database_as_they_were_signed(bank: Any) -> None:
    made = record(HAPPENED, actor=None, before=VALUES, after=[VALUES])

    row = AuditEvent.objects.get(id=made.id)

    assert row.before == made.before == STORED
    assert canonical(row.before) == row.before
    assert broken() == []


def test_long_texts_and_odd_characters_do_not_stop_an_event(bank: Any) -> None:
    record(
        HAPPENED, actor=None, target_kind="tests.thing", target_id="9" * 80,
        target_label="长" * 300 + "\x00", reason="a\x00b",
    )  # fmt: skip

    assert broken() == []


@pytest.mark.parametrize("address", ["::ffff:10.0.0.1", "::1.2.3.4", "10.0.0.1", "2001:DB8:0:0::1"])
def test_an_address_is_signed_as_postgresql_writes_it(bank: Any, address: str) -> None:
    with request_context("request-1", address):
        record(HAPPENED, actor=None)

    assert broken() == []


@pytest.mark.parametrize(
    "value",
    [1.5, {"a": [1.0]}, float("nan"), Decimal("NaN"), dt.datetime(2026, 7, 1), b"x", object()],  # noqa: DTZ001
)
def test_what_has_no_exact_text_is_refused(bank: Any, value: Any) -> None:
    with pytest.raises(NotCanonical):
        record(HAPPENED, actor=None, after=value)

    assert not AuditEvent.objects.filter(event=HAPPENED).exists()


def test_two_keys_of_one_text_are_refused() -> None:
    with pytest.raises(NotCanonical):
        canonical({1: "a", "1": "b"})


@pytest.mark.parametrize(
    "after",
    [
        {"password": "x"}, {"PIN": None}, {"rows": [{"deep": {"client_secret": "x"}}]},
        {"newPassword": "x"}, {"api-key": "x"}, [{"otp token": "x"}],
    ],
)  # fmt: skip
def test_a_secret_is_refused_by_its_name(bank: Any, after: Any) -> None:
    with pytest.raises(SecretInAudit):
        record(HAPPENED, actor=None, after=after)


def test_words_that_only_look_like_secrets_are_recorded(bank: Any) -> None:
    record(
        HAPPENED, actor=None,
        after={"pinned": True, "must_change_password": True, "password_changed_at": "2026-07-01"},
    )  # fmt: skip


def test_an_unregistered_event_is_refused(bank: Any) -> None:
    with pytest.raises(UnknownEvent):
        record("tests.never_registered", actor=None)


def test_an_event_outside_a_transaction_is_refused(scratch: str) -> None:
    with pytest.raises(TransactionManagementError):
        record(HAPPENED, actor=None)

    assert (AuditEvent.objects.count(), ChainLink.objects.count()) == (0, 0)


def test_an_event_rolled_back_with_its_transaction_leaves_nothing(scratch: str) -> None:
    def fail_after_recording() -> None:
        with transaction.atomic():
            record(HAPPENED, actor=None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_recording()

    assert (AuditEvent.objects.count(), ChainLink.objects.count()) == (0, 0)


CHANGES: list[Callable[[AuditEvent], Any]] = [
    lambda row: row.save(),
    lambda row: row.save(update_fields=["reason"]),
    lambda row: row.delete(),
    lambda row: AuditEvent.objects.filter(id=row.id).update(reason="x"),
    lambda row: AuditEvent.objects.filter(id=row.id).delete(),
    lambda row: AuditEvent.objects.bulk_update([row], ["reason"]),
    lambda row: AuditEvent.objects.update_or_create(id=row.id, defaults={"reason": "x"}),
    lambda row: AuditEvent.objects.bulk_create(
        [row], update_conflicts=True, update_fields=["reason"], unique_fields=["id"]
    ),
]


@pytest.mark.parametrize("change", CHANGES)
def test_no_code_path_changes_or_removes_an_event(
    bank: Any, change: Callable[[AuditEvent], Any]
) -> None:
    made = record(HAPPENED, actor=None, reason="as it was")
    made.reason = "changed"

    with pytest.raises(AppendOnly):
        change(made)

    assert AuditEvent.objects.get(id=made.id).reason == "as it was"


def test_the_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert dumps({"b": 1, "a": "福"}) == dumps({"a": "福", "b": 1}) == '{"a":"福","b":1}'
