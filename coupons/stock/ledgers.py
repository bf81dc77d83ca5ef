"""Ledger rows of many coupons in the statement that changes them: what moved is what is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection

from coupons.choices import ActorKind, Channel
from coupons.models import LedgerEntry

if TYPE_CHECKING:
    from operators.models import Operator

# What a column holds unless the statement says otherwise. ``%(…)s`` are the caller's parameters.
_DEFAULTS = {
    "at": "%(at)s",
    "action": "%(action)s",
    "count": "1",
    "terms_version": "0",
    "order_cents": "NULL::bigint",
    "actor_kind": "%(actor_kind)s",
    "actor_id": "%(actor_id)s::bigint",
    "actor_name": "%(actor_name)s",
    "channel": "%(channel)s",
    "note": "%(note)s",
}
_AMOUNTS = frozenset(
    {"face_cents", "accrued_cents", "spent_cents", "province_cents", "bank_cents", "merchant_cents"}
)


def insert_from(source: str, **columns: str) -> str:
    """INSERT … SELECT of one ledger row per row of ``source``; the rest of the columns are empty.

    ``{ledger}`` stays in the text, for ``table``.
    """
    values = {name: columns.get(name) or _empty(name) for name in _names()}
    unknown = set(columns) - set(values)
    assert not unknown, unknown
    return (
        f"INSERT INTO {{ledger}} ({', '.join(values)}) SELECT {', '.join(values.values())}"  # noqa: S608
        f" FROM {source}"
    )


def who(
    actor: Operator | None, *, name: str = "", channel: str = "", note: str = ""
) -> dict[str, Any]:
    """Parameters of ``insert_from``, and columns of a row; ``actor`` None = the system, by
    ``name``."""
    kind = ActorKind.SYSTEM if actor is None else ActorKind.OPERATOR
    usual = Channel.SYSTEM if actor is None else Channel.CONSOLE
    return {
        "actor_kind": kind.value,
        "actor_id": actor.pk if actor is not None else None,
        "actor_name": name or ("system" if actor is None else str(actor)),
        "channel": channel or usual.value,
        "note": note,
    }


def table(model: Any) -> str:
    """In full, with the bank's schema."""
    quote = connection.ops.quote_name
    return f"{quote(connection.schema_name)}.{quote(model._meta.db_table)}"


def run(statement: str, models: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """The cursor after the statement; ``{name}`` in it stands for the table of a model."""
    tables = {name: table(model) for name, model in models.items()}
    cursor = connection.cursor()
    cursor.execute(statement.format(**tables), values)
    return cursor


@cache
def _names() -> tuple[str, ...]:
    columns = (str(field.column) for field in LedgerEntry._meta.concrete_fields)
    return tuple(name for name in columns if name != "id")


def _empty(name: str) -> str:
    if name in _DEFAULTS:
        return _DEFAULTS[name]
    return "0" if name in _AMOUNTS else "''"
