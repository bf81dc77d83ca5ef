"""Which migrations each schema has, against those that the code knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tenants.models import Bank
from tenants.seeds import seed_digest

# A statement locks every table it reads; the server's lock table has 6,400 places by default.
SCHEMAS_PER_QUERY = 250


@cache
def known_migrations() -> Mapping[str, frozenset[str]]:
    """Each migration of this code, "app.name", with those that a squashed one stands for."""
    nodes = MigrationLoader(None, ignore_no_migrations=True).graph.nodes
    return {
        f"{app}.{name}": frozenset(f"{a}.{n}" for a, n in migration.replaces)
        for (app, name), migration in nodes.items()
    }


def missing_migrations(applied: frozenset[str]) -> list[str]:
    known = known_migrations()
    if known.keys() <= applied:
        return []
    return sorted(
        name
        for name, replaced in known.items()
        if name not in applied and not (replaced and replaced <= applied)
    )


def public_is_behind() -> bool:
    return bool(missing_migrations(_applied(["public"]).get("public", frozenset())))


def banks_behind() -> tuple[int, list[str]]:
    """How many banks there are, and the schemas of those that lack migrations or seed rows."""
    wanted = seed_digest()
    rows = list(Bank.objects.ready().order_by("id").values_list("schema_name", "seed_digest"))
    applied = _applied([schema for schema, _digest in rows])
    behind = [
        schema
        for schema, digest in rows
        if digest != wanted or missing_migrations(applied.get(schema, frozenset()))
    ]
    return len(rows), behind


def bank_is_behind(schema: str) -> bool:
    row = Bank.objects.filter(schema_name=schema).values_list("seed_digest", flat=True)
    if list(row) != [seed_digest()]:
        return True
    return bool(missing_migrations(_applied([schema]).get(schema, frozenset())))


def _applied(schemas: Sequence[str]) -> dict[str, frozenset[str]]:
    """By schema; one that has no table of migrations is left out."""
    found: dict[str, frozenset[str]] = {}
    for part in _parts(_with_table(schemas)):
        selects = [
            f"SELECT {_literal(schema)}, array_agg(app || '.' || name)"  # noqa: S608  quoted
            f" FROM {connection.ops.quote_name(schema)}.django_migrations"
            for schema in part
        ]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(selects))
            found.update((schema, frozenset(names or ())) for schema, names in cursor.fetchall())
    return found


def _with_table(schemas: Sequence[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name"
            " WHERE to_regclass(quote_ident(name) || '.django_migrations') IS NOT NULL",
            [list(schemas)],
        )
        return [name for (name,) in cursor.fetchall()]


def _parts(schemas: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(schemas), SCHEMAS_PER_QUERY):
        yield schemas[start : start + SCHEMAS_PER_QUERY]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
