"""Statements of the hot paths: prepared by the server, the bank's schema named in full.

A coupon's claim is three statements in one transaction; at that size the ORM, planning and
switching the search path would each cost more than the work.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.adapt import Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

_PARAMETER = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")
# A pooler keeps no statements, or a migration has changed what one gives: prepared anew, it works.
LOST_STATEMENTS = (InvalidSqlStatementName, FeatureNotSupported)
# Names of the statements that the server has of a connection, by their text.
_prepared: WeakKeyDictionary[psycopg.Connection, dict[str, bytes]] = WeakKeyDictionary()


def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a statement with ``:name`` parameters and ``{schema}``, in the current schema."""
    # Itself: each look through the proxy costs a microsecond, and there are many.
    database = connections[DEFAULT_DB_ALIAS]
    text, names = _compiled(statement, database.schema_name)
    values = [_sent(parameters[name]) for name in names]
    started = time.perf_counter()
    # As Django's own cursors begin: an idle connection that the server has closed is replaced.
    database.close_if_health_check_failed()
    database.ensure_connection()
    with database.wrap_database_errors:
        rows = _rows(database.connection, text, values)
    if database.queries_logged:
        seconds = f"{time.perf_counter() - started:.3f}"
        database.queries_log.append({"sql": text, "time": seconds})
    return rows


def forget_prepared() -> None:
    """After one of ``LOST_STATEMENTS``: whoever goes again prepares them anew."""
    _prepared.pop(connection.connection, None)


def _rows(client: psycopg.Connection, text: str, values: list[bytes | None]) -> list[Any]:
    """By libpq's own calls, which psycopg documents as ``psycopg.pq``: its cursor forgets all that
    is prepared at every rollback, and costs more than such a statement itself."""
    known = _prepared.get(client)
    if known is None:
        known = _prepared[client] = {}
    if not client.autocommit and client.pgconn.transaction_status == TransactionStatus.IDLE:
        _succeeded(client, client.pgconn.exec_(b"BEGIN"))
    name = known.get(text)
    if name is None:
        name = f"hot_{len(known)}".encode()
        _succeeded(client, client.pgconn.prepare(name, text.encode()))
        known[text] = name
    return _loaded(client, client.pgconn.exec_prepared(name, values))  # type: ignore[arg-type]


def _loaded(client: psycopg.Connection, result: PGresult) -> list[Any]:
    _succeeded(client, result)
    transformer = Transformer(client)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


def _succeeded(client: psycopg.Connection, result: PGresult) -> None:
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise error_from_result(result, encoding=client.info.encoding)


def _sent(value: Any) -> bytes | None:
    """As text: the server knows the type from the place, and a statement has one plan only."""
    kind = type(value)
    if kind is str:
        return value.encode()
    if value is None:
        return None
    if kind is int:
        return b"%d" % value
    if isinstance(value, datetime | date):
        return value.isoformat().encode()
    if isinstance(value, list):
        return f"{{{','.join(map(str, value))}}}".encode()
    if isinstance(value, str | int | UUID):
        return str(value).encode()
    raise TypeError(f"{type(value).__name__} is no parameter of these statements.")


@lru_cache(maxsize=8192)
def _compiled(statement: str, schema_name: str) -> tuple[str, tuple[str, ...]]:
    """Numbered parameters, each name once."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    text = statement.replace("{schema}", connection.ops.quote_name(schema_name))
    return _PARAMETER.sub(numbered, text), tuple(names)
