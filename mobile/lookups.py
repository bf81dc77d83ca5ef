"""The one statement that a customer's home costs, when this process has not just asked it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.db import OperationalError, connection

from customers.facts import Facts
from mobile.feed.people import Choices, Person

# The schema is named in full, and the statement prepared: on a hot route neither the search path
# nor planning is worth its time.
_LOOK_UP = """
    SELECT branch.path, customer.birth_year, customer.groups, customer.tags, customer.is_trial,
        preference.skin, preference.mode, preference.functions,
        (
            SELECT string_agg(
                counter.subject || ' ' || counter.lifetime || ' '
                || CASE WHEN counter.day = %(day)s::date THEN counter.today ELSE 0 END, ','
            )
            FROM {schema}.customers_showcounter AS counter
            WHERE counter.customer_number = %(number)s
        ),
        (
            SELECT string_agg(receipt.announcement_uid::text, ',')
            FROM {schema}.announcements_readreceipt AS receipt
            WHERE receipt.announcement_uid = ANY(%(uids)s::uuid[])
                AND receipt.customer_number = %(number)s
        )
    FROM (SELECT %(number)s::text AS number) AS asked
    LEFT JOIN {schema}.customers_customer AS customer ON customer.number = asked.number
    LEFT JOIN {schema}.operators_branch AS branch ON branch.id = customer.branch_id
    LEFT JOIN {schema}.customers_preference AS preference
        ON preference.customer_number = asked.number
"""


@lru_cache(maxsize=1024)
def _statement(schema_name: str) -> str:
    return _LOOK_UP.format(schema=connection.ops.quote_name(schema_name))


def look_up(schema_name: str, number: str, *, day: str, must_read: Sequence[str]) -> Person:
    """A customer whom the bank has not imported yet is a customer all the same, of no branch.

    ``day``: Shanghai's, ISO; the shows that are counted as today's.
    """
    parameters = {"number": number, "day": day, "uids": list(must_read)}
    return _person(number, _fetch(_statement(schema_name), parameters))


def _fetch(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    try:
        return _fetch_prepared(statement, parameters)
    except (psycopg.OperationalError, psycopg.errors.FeatureNotSupported) as error:
        if connection.in_atomic_block:
            raise
        # The server has closed an idle connection; or a migration has changed a column under a
        # prepared statement. Both are over with a new connection.
        connection.close()
        try:
            return _fetch_prepared(statement, parameters)
        except psycopg.OperationalError:
            raise OperationalError(str(error)) from error


def _fetch_prepared(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    connection.ensure_connection()
    started = time.perf_counter()
    # Not connection.cursor(): that one checks the connection's health with a query of its own and
    # binds on the client's side, where nothing can be prepared.
    with psycopg.Cursor(connection.connection) as cursor:
        row = cursor.execute(statement, parameters, prepare=True).fetchone()
    if connection.queries_logged:
        seconds = time.perf_counter() - started
        connection.queries_log.append({"sql": statement, "time": f"{seconds:.3f}"})
    return row  # type: ignore[return-value]  # the statement always gives one row


def _person(number: str, row: tuple[Any, ...]) -> Person:
    path, birth_year, groups, tags, is_trial, skin, mode, functions, counters, read = row
    return Person(
        number=number,
        facts=Facts(
            path or "", birth_year, frozenset(groups or ()), frozenset(tags or ()), bool(is_trial)
        ),
        choices=Choices(skin or "", mode or "", None if functions is None else tuple(functions)),
        counters=_counters(counters),
        read=frozenset(read.split(",")) if read else frozenset(),
    )


def _counters(text: str | None) -> dict[str, tuple[int, int]]:
    if not text:
        return {}
    return {
        subject: (int(lifetime), int(today))
        for subject, lifetime, today in (each.split(" ") for each in text.split(","))
    }
