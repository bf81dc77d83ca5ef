"""The trail for statements that write many things at once: the same rows as ``services.record``,
as parts of one statement of the caller's."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.db import models

from audit import chains, macs
from audit.models import AuditEvent
from audit.services import columns_of

# Of columns that ``columns_of`` leaves out.
_EMPTY = {"actor_username": "", "branch_path": "", "branch_name": ""}
PREFIX = "audit_"
# For common table expressions; ``{schema}`` is the quoted name of the schema, ``:audit_…`` the
# parameters. A link row per event, as ``services.link_row`` writes it.
LINK = """
    INSERT INTO {schema}.audit_chainlink (chain, row_id, mac, linked_at, hash)
    VALUES ('audit', :audit_row_id, :audit_mac, :audit_at, '')
"""


@cache
def insert_event() -> str:
    names = [str(field.column) for field in _columns()]
    values = ", ".join(f":{PREFIX}{name}" for name in names)
    return f"INSERT INTO {{schema}}.audit_auditevent ({', '.join(names)}) VALUES ({values})"  # noqa: S608


def parameters(event: str, **told: Any) -> dict[str, Any]:
    """For ``insert_event`` and ``LINK``; ``told`` as for ``services.record``."""
    columns = {**_EMPTY, **columns_of(event, **told)}
    mac = macs.row_mac(chains.AUDIT, columns)
    values: dict[str, Any] = {f"{PREFIX}{name}": value for name, value in columns.items()}
    for name in ("before", "after"):
        if columns[name] is not None:
            values[PREFIX + name] = json.dumps(columns[name], ensure_ascii=False)
    values[f"{PREFIX}mac"], values[f"{PREFIX}row_id"] = mac, str(columns["id"])
    return values


def _columns() -> list[models.Field[Any, Any]]:
    return list(AuditEvent._meta.concrete_fields)
