"""Statements of the coupon's life: prepared by the server, the bank's schema named in full.

A claim is three statements in one transaction; at that size the ORM, planning and switching the
search path would each cost more than the work.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.numeric import Int8

_PARAMETER = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")


def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of a statement with ``:name`` parameters and ``{schema}``, in the current schema."""
    text, names = _compiled(statement, connection.schema_name)
    values = [_sent(parameters[name]) for name in names]
    started = time.perf_counter()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = psycopg.RawCursor(connection.connection)
        cursor.execute(text, values, prepare=True)  # type: ignore[arg-type]
        rows = cursor.fetchall()
    if connection.queries_logged:
        seconds = f"{time.perf_counter() - started:.3f}"
        connection.queries_log.append({"sql": text, "time": seconds})
    return rows


def _sent(value: Any) -> Any:
    # Else the type follows the number's size, and each size is a statement of its own.
    return Int8(value) if type(value) is int else value


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
