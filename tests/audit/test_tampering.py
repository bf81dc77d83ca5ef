"""Whatever someone with the whole database, but without the keys, does to the trail shows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django_tenants.utils import tenant_context

from audit import chains
from audit.choices import Breach
from audit.errors import BrokenChain
from audit.models import AuditEvent, ChainLink
from audit.sealing import seal_chains
from audit.verification import ChainReport, verify_chain
from tests.audit.conftest import TABLES

EVENT = "UPDATE audit_auditevent SET {} WHERE id = %(third)s"
LINK = "UPDATE audit_chainlink SET {} WHERE row_id = %(third)s::text"
COPY = """INSERT INTO audit_auditevent (id, at, event, actor_schema, actor_id, actor_name,
    actor_username, target_kind, target_id, target_label, before, after, reason, branch_path,
    branch_name, request_id, address, mac)
  SELECT 'f0000000-0000-4000-8000-000000000000', at, event, actor_schema, actor_id, actor_name,
    actor_username, target_kind, target_id, target_label, before, after, reason, branch_path,
    branch_name, request_id, address, mac FROM audit_auditevent WHERE id = %(third)s;"""
COPY_LINK = """INSERT INTO audit_chainlink (chain, row_id, mac, linked_at, hash)
  SELECT chain, 'f0000000-0000-4000-8000-000000000000', mac, linked_at, ''
  FROM audit_chainlink WHERE row_id = %(third)s::text;"""

# name: (SQL, breach, position of the first broken row)
TAMPERINGS: dict[str, tuple[str, Breach, int | None]] = {
    "time": (EVENT.format("at = at + interval '1 microsecond'"), Breach.ROW_EDITED, 3),
    "infinite time": (EVENT.format("at = 'infinity'"), Breach.ROW_UNREADABLE, 3),
    "event": (EVENT.format("event = 'tests.other'"), Breach.ROW_EDITED, 3),
    "actor": (EVENT.format("actor_name = 'Somebody Else'"), Breach.ROW_EDITED, 3),
    "actor number": (EVENT.format("actor_id = 7"), Breach.ROW_EDITED, 3),
    "actor schema": (EVENT.format("actor_schema = 'beta'"), Breach.ROW_EDITED, 3),
    "target": (EVENT.format("target_id = '8'"), Breach.ROW_EDITED, 3),
    "reason": (EVENT.format("reason = reason || ' '"), Breach.ROW_EDITED, 3),
    "branch": (EVENT.format("branch_path = '0001'"), Breach.ROW_EDITED, 3),
    "address": (EVENT.format("address = '10.0.0.2'"), Breach.ROW_EDITED, 3),
    "before": (EVENT.format("before = 'false'"), Breach.ROW_EDITED, 3),
    "one character of the JSON": (
        EVENT.format("after = replace(after::text, '12.50', '12.51')::jsonb"), Breach.ROW_EDITED, 3,
    ),
    "a number for a text in the JSON": (
        EVENT.format("after = replace(after::text, '\"12.50\"', '12.50')::jsonb"),
        Breach.ROW_EDITED, 3,
    ),
    "a number too long for Python in the JSON": (
        EVENT.format("after = ('{\"a\": ' || repeat('9', 5000) || '}')::jsonb"),
        Breach.ROW_UNREADABLE, 3,
    ),
    "deep JSON": (
        EVENT.format("after = (repeat('[', 3000) || repeat(']', 3000))::jsonb"),
        Breach.ROW_UNREADABLE, 3,
    ),
    "mac": (EVENT.format("mac = 'v1:k1:' || repeat('0', 64)"), Breach.ROW_EDITED, 3),
    "mac of an unknown key": (
        EVENT.format("mac = regexp_replace(mac, '^v1:[^:]+:', 'v1:k9:')")
        + ";" + LINK.format("mac = regexp_replace(mac, '^v1:[^:]+:', 'v1:k9:')"),
        Breach.KEY_UNKNOWN, 3,
    ),
    "id": (
        EVENT.format("id = 'f0000000-0000-4000-8000-000000000000'"), Breach.ROW_REMOVED, 3,
    ),
    "id in row and link": (
        EVENT.format("id = 'f0000000-0000-4000-8000-000000000000'")
        + ";" + LINK.format("row_id = 'f0000000-0000-4000-8000-000000000000'"),
        Breach.ROW_EDITED, 3,
    ),
    "a copy under another id": (COPY, Breach.ROW_INSERTED, None),
    "a copy under another id with a link": (COPY + COPY_LINK, Breach.ROW_EDITED, None),
    "a row removed": ("DELETE FROM audit_auditevent WHERE id = %(third)s", Breach.ROW_REMOVED, 3),
    "a link removed": (
        "DELETE FROM audit_chainlink WHERE row_id = %(third)s::text", Breach.PLACE_MISSING, 3,
    ),
    "a row and its link removed": (
        "DELETE FROM audit_auditevent WHERE id = %(third)s;"
        "DELETE FROM audit_chainlink WHERE row_id = %(third)s::text", Breach.PLACE_MISSING, 3,
    ),
    "the tail removed with its links": (
        "DELETE FROM audit_auditevent WHERE id = %(fifth)s;"
        "DELETE FROM audit_chainlink WHERE row_id = %(fifth)s::text", Breach.PLACE_MISSING, 5,
    ),
    "the tail removed and the head set back": (
        "DELETE FROM audit_auditevent WHERE id = %(fifth)s;"
        "DELETE FROM audit_chainlink WHERE row_id = %(fifth)s::text;"
        "UPDATE audit_chainhead SET position = 4, hash ="
        " (SELECT hash FROM audit_chainlink WHERE position = 4)", Breach.HEAD_EDITED, 4,
    ),
    "a sealed row made unsealed": (
        LINK.format("position = NULL, hash = ''"), Breach.PLACE_MISSING, 3,
    ),
    "two rows change places": (
        "UPDATE audit_chainlink SET position = -1 WHERE row_id = %(third)s::text;"
        "UPDATE audit_chainlink SET position = 3 WHERE position = 4;"
        "UPDATE audit_chainlink SET position = 4 WHERE position = -1", Breach.HASH_EDITED, 3,
    ),
    "link's mac": (LINK.format("mac = 'v1:k1:' || repeat('0', 64)"), Breach.LINK_EDITED, 3),
    "link's hash": (LINK.format("hash = repeat('0', 64)"), Breach.HASH_EDITED, 3),
    "link's row": (LINK.format("row_id = 'nonsense'"), Breach.ROW_UNREADABLE, 3),
    "link's chain": (LINK.format("chain = 'other'"), Breach.PLACE_MISSING, 3),
    "link's place": (LINK.format("position = 9"), Breach.PLACE_MISSING, 3),
    "head removed": ("DELETE FROM audit_chainhead", Breach.HEAD_REMOVED, 1),
    "head's place": ("UPDATE audit_chainhead SET position = 6", Breach.PLACE_MISSING, 6),
    "head's hash": ("UPDATE audit_chainhead SET hash = repeat('0', 64)", Breach.HEAD_EDITED, 5),
    "head's mac": ("UPDATE audit_chainhead SET mac = ''", Breach.HEAD_EDITED, 5),
    "head forgotten": (
        "UPDATE audit_chainhead SET position = 0, hash = '', mac = ''", Breach.HEAD_EDITED, 1,
    ),
}  # fmt: skip


@pytest.fixture
def five(bank: Any, happen: Callable[..., list[AuditEvent]]) -> dict[str, Any]:
    """Five sealed events of alpha."""
    _start_empty()
    rows = happen(5, after={"amount": Decimal("12.50"), "name": "福祥"}, reason="why")
    assert seal_chains() == 5
    assert verify().broken is None
    return {"third": rows[2].id, "fifth": rows[4].id}


def _start_empty() -> None:
    for table in TABLES:
        execute(f"DELETE FROM {table}")  # noqa: S608  (our own names)


def execute(sql: str, parameters: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        for statement in filter(str.strip, sql.split(";")):
            cursor.execute(statement, parameters or {})


def verify() -> ChainReport:
    return verify_chain(chains.get(chains.AUDIT))


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_with_sealed_rows_is_found_at_its_row(five: dict[str, Any], name: str) -> None:
    sql, breach, position = TAMPERINGS[name]

    execute(sql, five)

    broken = verify().broken
    assert broken is not None
    assert (broken.breach, broken.position) == (breach, position)


@pytest.mark.parametrize(
    ("sql", "breach"),
    [
        ("UPDATE audit_auditevent SET reason = 'x' WHERE id = %(row)s", Breach.ROW_EDITED),
        ("UPDATE audit_chainlink SET mac = 'x' WHERE row_id = %(row)s::text", Breach.LINK_EDITED),
        ("DELETE FROM audit_auditevent WHERE id = %(row)s", Breach.ROW_REMOVED),
        ("DELETE FROM audit_chainlink WHERE row_id = %(row)s::text", Breach.ROW_INSERTED),
    ],
)
def test_tampering_with_an_unsealed_row_is_found_at_once(
    five: dict[str, Any], happen: Callable[..., list[AuditEvent]], sql: str, breach: Breach
) -> None:
    [row] = happen(1)

    execute(sql, {"row": row.id})

    broken = verify().broken
    assert broken is not None
    assert (broken.breach, broken.row_id, broken.position) == (breach, str(row.id), None)


def test_a_row_moved_from_another_bank_is_found(
    five: dict[str, Any], beta: Any, happen: Callable[..., list[AuditEvent]]
) -> None:
    with tenant_context(beta):
        [row] = happen(1)
        link = ChainLink.objects.get(row_id=row.id)

    AuditEvent.objects.bulk_create([row])
    link.pk = None
    link.save(force_insert=True)

    broken = verify().broken
    assert broken is not None
    assert (broken.breach, broken.row_id) == (Breach.ROW_EDITED, str(row.id))


def test_a_whole_chain_moved_from_another_bank_is_found(five: dict[str, Any], beta: Any) -> None:
    for table in TABLES:
        execute(f"DELETE FROM {beta.schema_name}.{table}")  # noqa: S608
        execute(f"INSERT INTO {beta.schema_name}.{table} SELECT * FROM {table}")  # noqa: S608

    with tenant_context(beta):
        broken = verify().broken

    assert broken is not None
    assert (broken.breach, broken.position) == (Breach.ROW_EDITED, 1)


def test_the_sealer_does_not_sign_what_follows_a_chain_that_was_cut_off(
    five: dict[str, Any], happen: Callable[..., list[AuditEvent]]
) -> None:
    execute(TAMPERINGS["the tail removed and the head set back"][0], five)
    happen(1)

    with pytest.raises(BrokenChain):
        seal_chains()

    assert ChainLink.objects.unsealed().count() == 1


@pytest.mark.parametrize("name", ["head removed", "head forgotten", "head's hash"])
def test_the_sealer_does_not_build_on_a_head_that_is_not_its_own(
    five: dict[str, Any], happen: Callable[..., list[AuditEvent]], name: str
) -> None:
    execute(TAMPERINGS[name][0], five)
    happen(1)

    with pytest.raises(BrokenChain):
        seal_chains()


def test_rows_outlive_a_key_rotation_but_not_the_loss_of_their_key(
    five: dict[str, Any], happen: Callable[..., list[AuditEvent]], settings: Any
) -> None:
    old, new = settings.FIELD_KEYS, {"k2": b"2" * 32}

    with override_settings(FIELD_KEYS=new | old):
        [row] = happen(1)
        seal_chains()
        assert row.mac.startswith("v1:k2:")
        assert verify().broken is None
    with override_settings(FIELD_KEYS=new):
        broken = verify().broken

    assert broken is not None
    assert (broken.breach, broken.position) == (Breach.KEY_UNKNOWN, 1)
