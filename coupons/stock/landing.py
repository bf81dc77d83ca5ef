"""Slices of packed rows into the stock: each in one transaction, on a connection of its own.

Rows land in the order of their keys: the index that keeps codes unique is walked through once, and
two imports that bring the same codes wait for each other instead of locking each other out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString, cast

import psycopg
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from coupons.choices import BatchState
from coupons.errors import BatchRefused
from coupons.stock.packing import STAGED, Slice

# A slice is sorted in memory.
WORK_MEMORY = "64MB"
_STAGING = "pg_temp.coupons_staging"
# Rows that another import held when ours came, and had given back when we looked for them.
_MOST_TRIES = 5


@dataclass(slots=True)
class Landed:
    count: int
    cents: int
    # Row of the file → what is wrong with it.
    duplicates: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


class BatchStopped(BatchRefused):
    """Somebody discarded the batch while it was loading."""

    code = "batch_stopped"


@contextmanager
def connected() -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own for the worker; within a caller's transaction, the caller's: nothing
    of it may be seen before that ends."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # begins the transaction, if nothing has
        yield connection.connection
        return
    given = connection.get_connection_params()
    usual = ("cursor_factory", "context")
    parameters = {name: value for name, value in given.items() if name not in usual}
    with psycopg.connect(**parameters, autocommit=True) as own:
        yield own


class Stock:
    """Where the rows of one batch go."""

    def __init__(self, client: psycopg.Connection[Any], batch_id: int, template_id: int) -> None:
        self._client, self._batch, self._template = client, batch_id, template_id
        schema = str(connection.schema_name)
        self._names = {
            "staging": sql.SQL(_STAGING),
            "coupons": sql.Identifier(schema, "coupons_coupon"),
            "batches": sql.Identifier(schema, "coupons_batch"),
            "customers": sql.Identifier(schema, "customers_customer"),
        }

    def land(self, part: Slice, *, has_owners: bool, so_far: Sequence[int]) -> Landed:
        """``so_far``: rows of the file, duplicates and rejected rows before this slice; they and
        the rows themselves are committed together."""
        with self._client.transaction():
            self._run("SET LOCAL work_mem = {memory}", memory=sql.Literal(WORK_MEMORY))
            self._hold()
            self._stage(part)
            landed = self._land(part, has_owners=has_owners)
            self._tell(part, landed, so_far)
            self._run("DROP TABLE {staging}")
        return landed

    def _hold(self) -> None:
        """Whoever discards the batch waits for the slice, and no slice comes after that."""
        found = self._run(
            "SELECT state FROM {batches} WHERE id = %s FOR NO KEY UPDATE", self._batch
        ).fetchone()
        if found is None or found[0] != BatchState.LOADING:
            raise BatchStopped(_("The batch was discarded while its file was being loaded."))

    def _stage(self, part: Slice) -> None:
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(cast(LiteralString, kind)))
            for name, kind in STAGED
        )
        self._run("CREATE TEMPORARY TABLE coupons_staging ({columns})", columns=columns)
        with (
            self._client.cursor() as cursor,
            cursor.copy(self._sql("COPY {staging} FROM STDIN (FORMAT BINARY)")) as copy,
        ):
            copy.write(part.data)

    def _land(self, part: Slice, *, has_owners: bool) -> Landed:
        strangers = self._strangers() if has_owners else {}
        wanted = part.count - len(strangers)
        count = self._insert()
        if count == part.count:
            return Landed(count, part.cents)
        for _try in range(_MOST_TRIES):
            count, cents = self._ours()
            doubles = self._doubles()
            if count + len(doubles) == wanted:
                return Landed(count, cents, doubles, strangers)
            self._insert()
        raise BatchRefused(
            _("Another import brings the same codes at the same time. Begin this one again."),
            code="batch_busy",
        )

    def _insert(self) -> int:
        return self._run(_INSERT, self._batch, self._template).rowcount

    def _ours(self) -> tuple[int, int]:
        count, cents = self._run(_OURS, self._batch).fetchone() or (0, 0)
        return int(count), int(cents)

    def _strangers(self) -> dict[int, str]:
        return {
            row: _("the customer number %(number)s is unknown; import the customer first")
            % {"number": number}
            for row, number in self._run(_STRANGERS).fetchall()
        }

    def _doubles(self) -> dict[int, str]:
        return {
            row: _same_file(first) if batch == self._batch else _other_batch(name, first)
            for row, batch, first, name in self._run(_DOUBLES, self._batch).fetchall()
        }

    def _tell(self, part: Slice, landed: Landed, so_far: Sequence[int]) -> None:
        rows, duplicates, rejected, count, cents = so_far
        self._run(
            # Never 0 while there are rows, not even when a file is gone through again.
            "UPDATE {batches} SET rows = %s, duplicates = %s, rejected = %s,"
            " count = greatest(count, %s), total_cents = %s WHERE id = %s",
            rows + part.rows,
            duplicates + len(landed.duplicates),
            rejected + len(part.rejected) + len(landed.refused),
            count + landed.count,
            cents + landed.cents,
            self._batch,
        )

    # --- statements -------------------------------------------------------------------------------
    def _run(
        self, statement: LiteralString, *values: Any, **names: sql.Composable
    ) -> psycopg.Cursor[Any]:
        return self._client.execute(self._sql(statement, **names), values or None)

    def _sql(self, statement: LiteralString, **names: sql.Composable) -> sql.Composed:
        return sql.SQL(statement).format(**self._names, **names)


def _same_file(row: int) -> str:
    return _("the code stands in row %(row)s of this file already") % {"row": row}


def _other_batch(name: str, row: int) -> str:
    return _("the code is in stock already: row %(row)s of the batch “%(batch)s”") % {
        "row": row,
        "batch": name,
    }


class TrialStock(Stock):
    """Tells what would land, and leaves the stock as it is. For one transaction, which is rolled
    back."""

    def begin(self) -> None:
        self._run(_TRIAL)

    def _hold(self) -> None:
        return

    def _tell(self, part: Slice, landed: Landed, so_far: Sequence[int]) -> None:
        return

    def _insert(self) -> int:
        return self._run(_TRY).rowcount

    def _ours(self) -> tuple[int, int]:
        count, cents = self._run(_TRIED).fetchone() or (0, 0)
        return int(count), int(cents)

    def _doubles(self) -> dict[int, str]:
        twice = {row: _same_file(first) for row, first in self._run(_TRIED_TWICE).fetchall()}
        return twice | super()._doubles()


# Constants as the table wants them: defaults live in the models, not in the database.
_INSERT = """
INSERT INTO {coupons} (batch_id, template_id, row, code_key, secret, face_cents, state, branch_id,
       customer_number, valid_from, valid_until, terms_version, reference, redeemed_cents, remark)
SELECT %s, %s, row, code_key, secret, face_cents, 'stocked', branch_id,
       customer_number, valid_from, valid_until, 0, '', 0, remark
  FROM {staging} ORDER BY code_key, row
    ON CONFLICT (code_key) DO NOTHING
"""
_OURS = """
SELECT count(*), coalesce(sum(kept.face_cents), 0)
  FROM {staging} AS staged JOIN {coupons} AS kept ON kept.code_key = staged.code_key
 WHERE kept.batch_id = %s AND kept.row = staged.row
"""
_STRANGERS = """
DELETE FROM {staging} AS staged
 WHERE customer_number <> ''
   AND NOT EXISTS (SELECT FROM {customers} AS known WHERE known.number = staged.customer_number)
RETURNING row, customer_number
"""
_DOUBLES = """
SELECT staged.row, kept.batch_id, kept.row, batch.name
  FROM {staging} AS staged
  JOIN {coupons} AS kept ON kept.code_key = staged.code_key
  JOIN {batches} AS batch ON batch.id = kept.batch_id
 WHERE kept.batch_id <> %s OR kept.row <> staged.row
"""
_TRIAL = """
CREATE TEMPORARY TABLE coupons_trial (code_key uuid PRIMARY KEY, row integer, face_cents bigint)
"""
_TRY = """
INSERT INTO pg_temp.coupons_trial (code_key, row, face_cents)
SELECT code_key, row, face_cents FROM {staging} AS staged
 WHERE NOT EXISTS (SELECT FROM {coupons} AS kept WHERE kept.code_key = staged.code_key)
 ORDER BY code_key, row
    ON CONFLICT (code_key) DO NOTHING
"""
_TRIED = """
SELECT count(*), coalesce(sum(kept.face_cents), 0)
  FROM {staging} AS staged JOIN pg_temp.coupons_trial AS kept ON kept.code_key = staged.code_key
 WHERE kept.row = staged.row
"""
_TRIED_TWICE = """
SELECT staged.row, kept.row
  FROM {staging} AS staged JOIN pg_temp.coupons_trial AS kept ON kept.code_key = staged.code_key
 WHERE kept.row <> staged.row
"""
