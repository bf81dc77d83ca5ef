"""Many rows in one statement: they travel as one JSON text and are read by the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_ENCODE = msgspec.json.Encoder().encode


def as_text(rows: Sequence[Mapping[str, Any]]) -> str:
    return _ENCODE(rows).decode()


def recordset(parameter: str, columns: Mapping[str, str]) -> str:
    """``FROM`` part that reads a parameter of ``as_text``, as ``given``."""
    told = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"json_to_recordset(:{parameter}::json) AS given ({told})"


def insert(table: str, parameter: str, columns: Mapping[str, str]) -> str:
    names = ", ".join(columns)
    chosen = ", ".join(f"given.{name}" for name in columns)
    return (
        f"INSERT INTO {{schema}}.{table} AS kept ({names}) "  # noqa: S608  names of our own
        f"SELECT {chosen} FROM {recordset(parameter, columns)}"
    )
