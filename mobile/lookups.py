"""The one statement that a customer's home costs, when this process has not just asked it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

import msgspec
import psycopg
from django.db import OperationalError, connection
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from customers.facts import Facts
from mobile.feed.people import Choices, Person

# The schema is named in full, and the statement prepared: on a hot route neither the search path
# nor planning is worth its time. $1 number, $2 day, $3 uids. Lists come as text: codes and ids hold
# no comma, tags nothing that is not printable.
_LOOK_UP = """
    SELECT branch.path, customer.birth_year, array_to_string(customer.groups, ','),
        array_to_string(customer.tags, chr(31)), customer.is_trial,
        preference.skin, preference.mode, preference.functions,
        (
            SELECT string_agg(
                counter.subject || ' ' || counter.lifetime || ' '
                || CASE WHEN counter.day = $2 THEN counter.today ELSE 0 END, ','
            )
            FROM {schema}.customers_showcounter AS counter
            WHERE counter.customer_number = $1
        ),
        (
            SELECT string_agg(receipt.announcement_uid::text, ',')
            FROM {schema}.announcements_readreceipt AS receipt
            WHERE receipt.announcement_uid = ANY($3) AND receipt.customer_number = $1
        )
    FROM (SELECT $1 AS number) AS asked
    LEFT JOIN {schema}.customers_customer AS customer ON customer.number = asked.number
    LEFT JOIN {schema}.operators_branch AS branch ON branch.id = customer.branch_id
    LEFT JOIN {schema}.customers_preference AS preference
        ON preference.customer_number = asked.number
"""
_TYPES = ("varchar", "date", "uuid[]")
Row = list[str | None]
_prepared: WeakKeyDictionary[psycopg.Connection, set[str]] = WeakKeyDictionary()


def look_up(schema_name: str, number: str, *, day: str, must_read: Sequence[str]) -> Person:
    """A customer whom the bank has not imported yet is a customer all the same, of no branch.

    ``day``: Shanghai's, ISO; the shows that are counted as today's.
    """
    uids = "{" + ",".join(must_read) + "}"
    return _person(number, _fetch(schema_name, (number, day, uids)))


def _fetch(schema_name: str, values: tuple[str, ...]) -> Row:
    started = time.perf_counter()
    try:
        row = _execute(schema_name, values)
    except (psycopg.Error, _Refused):
        if connection.in_atomic_block:
            raise
        # The server has closed an idle connection, or a migration has changed what a prepared
        # statement gives, or a pooler in between keeps no statements: none of it is met again by a
        # plain statement on a new connection.
        connection.close()
        row = _execute_plainly(schema_name, values)
    if connection.queries_logged:
        seconds = f"{time.perf_counter() - started:.3f}"
        connection.queries_log.append({"sql": statement_of(schema_name), "time": seconds})
    return row


def _execute_plainly(schema_name: str, values: tuple[str, ...]) -> Row:
    connection.ensure_connection()
    client: psycopg.Connection = connection.connection
    statement = statement_of(schema_name).encode()
    try:
        return _row(client.pgconn.exec_params(statement, _encoded(values), _type_oids(client)))
    except (psycopg.Error, _Refused) as error:
        raise OperationalError(str(error)) from error


class _Refused(Exception):
    """The server did not answer with rows."""


def _execute(schema_name: str, values: tuple[str, ...]) -> Row:
    """By libpq's own calls, which psycopg documents as ``psycopg.pq``: a cursor's way of preparing,
    waiting and adapting costs more than the statement itself."""
    connection.ensure_connection()
    client: psycopg.Connection = connection.connection
    name = f"home_{schema_name}"
    known = _prepared.get(client)
    if known is None:
        known = _prepared[client] = set()
    if name not in known:
        _prepare(client, name, statement_of(schema_name))
        known.add(name)
    return _row(client.pgconn.exec_prepared(name.encode(), _encoded(values)))


def _encoded(values: tuple[str, ...]) -> list[bytes]:
    return [value.encode() for value in values]


def _row(result: PGresult) -> Row:
    if result.status != ExecStatus.TUPLES_OK:
        raise _Refused(result.error_message.decode(errors="replace"))
    return [
        None if (value := result.get_value(0, column)) is None else value.decode()
        for column in range(result.nfields)
    ]


def _prepare(client: psycopg.Connection, name: str, statement: str) -> None:
    result = client.pgconn.prepare(name.encode(), statement.encode(), _type_oids(client))
    if result.status != ExecStatus.COMMAND_OK:
        raise _Refused(result.error_message.decode(errors="replace"))


def _type_oids(client: psycopg.Connection) -> list[int]:
    types = [client.adapters.types[each.removesuffix("[]")] for each in _TYPES]
    return [
        kind.array_oid if each.endswith("[]") else kind.oid
        for each, kind in zip(_TYPES, types, strict=True)
    ]


@lru_cache(maxsize=1024)
def statement_of(schema_name: str) -> str:
    return _LOOK_UP.format(schema=connection.ops.quote_name(schema_name))


def _person(number: str, row: Row) -> Person:
    path, birth_year, groups, tags, is_trial, skin, mode, functions, counters, read = row
    return Person(
        number=number,
        facts=Facts(
            path or "",
            int(birth_year) if birth_year else None,
            frozenset(groups.split(",")) if groups else frozenset(),
            frozenset(tags.split("\x1f")) if tags else frozenset(),
            is_trial == "t",
        ),
        choices=Choices(skin or "", mode or "", _codes(functions)),
        counters=_counters(counters),
        read=frozenset(read.split(",")) if read else frozenset(),
    )


def _codes(functions: str | None) -> tuple[str, ...] | None:
    codes = None if functions is None else msgspec.json.decode(functions)
    return None if codes is None else tuple(codes)


def _counters(text: str | None) -> dict[str, tuple[int, int]]:
    if not text:
        return {}
    return {
        subject: (int(lifetime), int(today))
        for subject, lifetime, today in (each.split(" ") for each in text.split(","))
    }
