"""Rows on their way into the table of customers: COPY into a temporary table, then two statements.

Only the columns that the file has are staged and written; the others stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

# What a column of the file becomes in the table, with its types.
TARGETS = {
    "customer": (("number", "varchar(32)"),),
    "branch": (("branch_id", "bigint"),),
    "birth_year": (("birth_year", "smallint"),),
    "opened_on": (("opened_on", "date"),),
    "phone": (("masked_phone", "varchar(20)"), ("phone_digest", "varchar(64)")),
    "groups": (("groups", "varchar(12)[]"),),
    "tags": (("tags", "varchar(30)[]"),),
    "risk_level": (("risk_level", "varchar(2)"),),
    "risk_assessed_on": (("risk_assessed_on", "date"),),
}
# Of a new customer, for columns that the file lacks.
DEFAULTS = {
    "masked_name": "''",
    "masked_phone": "''",
    "phone_digest": "''",
    "groups": "'{}'",
    "tags": "'{}'",
    "risk_level": "''",
    "is_trial": "false",
}
STAGING = "pg_temp.customers_staging"


class Staging:
    """``names``: columns of the file, the customer number among them."""

    def __init__(self, names: Sequence[str]) -> None:
        self._columns = [column for name in names for column in TARGETS[name]]
        self._wide = "phone" in names
        self._rest = [column for column, _type in self._columns if column != "number"]
        schema = connection.ops.quote_name(connection.schema_name)
        self._table = f"{schema}.customers_customer"

    def create(self) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind in self._columns)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {STAGING}")
            cursor.execute(f"CREATE TEMPORARY TABLE customers_staging ({columns})")

    def fill(self, rows: Iterable[list[Any]]) -> None:
        names = ", ".join(name for name, _type in self._columns)
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {STAGING} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(_flat(row) if self._wide else row)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {STAGING}")

    def update(self) -> int:
        """Known customers who differ from the file."""
        if not self._rest:
            return 0
        pairs = ", ".join(f"{name} = staged.{name}" for name in self._rest)
        old = ", ".join(f"known.{name}" for name in self._rest)
        new = ", ".join(f"staged.{name}" for name in self._rest)
        words = ["UPDATE", self._table, "AS known SET", pairs, "FROM", STAGING, "AS staged"]
        where = [
            "WHERE known.number = staged.number AND",
            f"ROW({old}) IS DISTINCT FROM ROW({new})",
        ]
        return self._run([*words, *where])

    def insert(self, at: datetime) -> int:
        staged = [name for name, _type in self._columns]
        defaults = {name: value for name, value in DEFAULTS.items() if name not in staged}
        names = ", ".join([*staged, *defaults, "created_at"])
        values = ", ".join([*staged, *defaults.values(), "%s"])
        words = ["INSERT INTO", self._table, f"({names}) SELECT", values, "FROM", STAGING]
        return self._run([*words, "ON CONFLICT (number) DO NOTHING"], at)

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {STAGING}")

    def _run(self, words: Sequence[str], *values: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(" ".join(words), values)
            return cursor.rowcount


def _flat(row: list[Any]) -> list[Any]:
    """The phone is one cell of the file and two columns of the table."""
    return [part for value in row for part in (value if isinstance(value, tuple) else (value,))]
