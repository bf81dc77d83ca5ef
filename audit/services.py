"""Writing the audit trail."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import connection, models
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django.utils.functional import Promise

from audit import chains, context, events, macs
from audit.canonical import canonical, clean_text, refuse_secrets
from audit.models import AuditEvent, ChainLink

SYSTEM = "system"


def record(
    event: str,
    *,
    actor: Any,
    target: models.Model | None = None,
    target_kind: str = "",
    target_id: str = "",
    target_label: str | Promise = "",
    before: Any = None,
    after: Any = None,
    branch: Any = None,
    reason: str = "",
    at: dt.datetime | None = None,
) -> AuditEvent:
    """Write down, in the caller's transaction, what ``actor`` (an operator; None = the system) did.

    ``before`` and ``after`` are data without floats and secrets. ``branch`` (path and name) says
    whose list shows the event; without it only those who see the whole bank do.
    """
    row = AuditEvent(
        **columns_of(
            event,
            actor=actor,
            target_kind=target_kind,
            target_id=target_id,
            target_label=target_label,
            target=target,
            before=before,
            after=after,
            branch=branch,
            reason=reason,
            at=at,
        )
    )
    append_row(chains.AUDIT, row)
    return row


def columns_of(
    event: str,
    *,
    actor: Any,
    target: models.Model | None = None,
    target_kind: str = "",
    target_id: str = "",
    target_label: str | Promise = "",
    before: Any = None,
    after: Any = None,
    branch: Any = None,
    reason: str = "",
    at: dt.datetime | None = None,
) -> dict[str, Any]:
    """Every column of an event but its MAC; the arguments of ``record``."""
    events.require_known(event)
    refuse_secrets(before)
    refuse_secrets(after)
    return {
        "id": uuid.uuid4(),
        "at": at or timezone.now(),
        "event": event,
        "before": canonical(before),
        "after": canonical(after),
        "reason": clean_text(reason),
        **_actor_columns(actor),
        **_target_columns(target, target_kind, target_id, target_label),
        **_branch_columns(branch),
        **_request_columns(),
    }


def append_row(chain: str, row: models.Model) -> None:
    """Give a new row its MAC, insert it and link it into ``chain``."""
    for field in row._meta.concrete_fields:
        if isinstance(field, models.JSONField):
            setattr(row, field.attname, canonical(getattr(row, field.attname)))
    row.mac = macs.row_mac(chain, chains.get(chain).fields(row))  # type: ignore[attr-defined]
    _require_transaction()
    row.save(force_insert=True)
    link_row(chain, row.pk, row.mac)  # type: ignore[attr-defined]


def link_row(chain: str, row_id: object, mac: str) -> None:
    """Announce an inserted row to its chain. Takes no lock: writers never wait for each other."""
    _require_transaction()
    ChainLink.objects.create(chain=chain, row_id=str(row_id), mac=mac, linked_at=timezone.now())


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            "Record inside the transaction that makes the change: both happen, or neither."
        )


def _actor_columns(actor: Any) -> dict[str, Any]:
    if actor is None:
        return {"actor_schema": "", "actor_id": None, "actor_name": SYSTEM}
    return {
        # Someone of the platform may act inside a bank's schema.
        "actor_schema": getattr(actor, "schema_name", "") or context.current_schema(),
        "actor_id": actor.pk,
        "actor_name": clean_text(actor, 150),
        "actor_username": clean_text(actor.get_username(), 150),
    }


def _target_columns(
    target: models.Model | None, kind: str, target_id: str, label: str | Promise
) -> dict[str, str]:
    if target is not None:
        kind = kind or target._meta.label_lower
        target_id = target_id or str(target.pk)
        label = label or str(target)
    return {
        "target_kind": kind,
        "target_id": clean_text(target_id, 64),
        "target_label": clean_text(label, 200),
    }


def _branch_columns(branch: Any) -> dict[str, str]:
    if branch is None:
        return {}
    return {"branch_path": branch.path, "branch_name": clean_text(branch.name, 100)}


def _request_columns() -> dict[str, str | None]:
    now = context.current()
    return {"request_id": now.request_id, "address": now.address}
