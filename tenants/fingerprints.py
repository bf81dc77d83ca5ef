"""What a schema holds, line by line: two schemas are alike when their lines are.

Every name is found by way of an index (pg_depend knows a namespace's relations): a walk through
pg_class would cost more with every bank there is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator

from django.db import connection, transaction

from tenants.search_path import forget_search_path

_STRUCTURE = """
WITH relation AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relkind
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid
    -- Partitions come and go with the weeks; their table stands for them.
    WHERE NOT c.relispartition
      AND d.refclassid = 'pg_catalog.pg_namespace'::regclass
      AND d.refobjid = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = %(schema)s)
      AND d.classid = 'pg_catalog.pg_class'::regclass
)
SELECT format('table %%s kind %%s', relname, relkind) FROM relation WHERE relkind <> 'S'
UNION ALL
SELECT format('column %%s.%%s %%s %%s null=%%s identity=%%s generated=%%s'
              ' collation=%%s default=%%s',
       r.relname,
       row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum), a.attname,
       format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, a.attidentity, a.attgenerated,
       a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid))
FROM relation r
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind <> 'S'
UNION ALL
SELECT format('constraint %%s.%%s %%s', r.relname, k.conname, pg_get_constraintdef(k.oid))
FROM relation r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
UNION ALL
SELECT format('index %%s valid=%%s %%s', r.relname, i.indisvalid, pg_get_indexdef(i.indexrelid))
FROM relation r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
UNION ALL
SELECT format('trigger %%s %%s', r.relname, pg_get_triggerdef(t.oid))
FROM relation r JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
UNION ALL
SELECT format('sequence %%s %%s from %%s by %%s between %%s and %%s cycle=%%s last=%%s owner=%%s',
       r.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
       s.seqcycle, pg_sequence_last_value(r.oid), d.refobjid::regclass || '.' || d.refobjsubid)
FROM relation r JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass
      AND d.objid = r.oid AND d.refclassid = d.classid AND d.deptype IN ('a', 'i')
"""

# PostgreSQL writes the condition of a CHECK another way once it has read its own writing:
# (ARRAY['a'::character varying])::text[] comes back as ARRAY[('a'::character varying)::text].
_TEXT_CASTS = re.compile(r"::(?:text|character varying)(?:\[\])?")
_WRAPPED = re.compile(r"\(('(?:[^']|'')*'|ARRAY\[[^\]]*\])\)")


def _alike(line: str) -> str:
    """The same words for the same condition."""
    if " CHECK " not in line and " WHERE " not in line:
        return line
    line = _TEXT_CASTS.sub("", line)
    while (unwrapped := _WRAPPED.sub(r"\1", line)) != line:
        line = unwrapped
    return line


def schema_lines(schema: str, *, without: Collection[str] = ()) -> list[str]:
    """Structure and rows, sorted, with the schema's own name taken out.

    ``without`` names "table.column"s whose values may differ (when a migration was applied).
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # With an empty path PostgreSQL writes every name in full.
        cursor.execute("SET LOCAL search_path = ''")
        try:
            cursor.execute(_STRUCTURE, {"schema": schema})
            lines = [_alike(line) for (line,) in cursor.fetchall()]
            lines += _rows(schema, lines, without)
        finally:
            forget_search_path()
    return sorted(line.replace(f"{schema}.", "").replace(f'"{schema}".', "") for line in lines)


def schema_digest(schema: str) -> str:
    return hashlib.sha256("\n".join(schema_lines(schema)).encode()).hexdigest()


def _rows(schema: str, structure: list[str], without: Collection[str]) -> Iterator[str]:
    tables = [
        line.split()[1] for line in structure if line.startswith("table ") and line.endswith(" r")
    ]
    if not tables:
        return
    quote = connection.ops.quote_name
    selects = []
    for table in tables:
        left_out = [name.partition(".")[2] for name in without if name.startswith(f"{table}.")]
        source = f"{quote(schema)}.{quote(table)}"
        # A column is left out by name, wherever it stands.
        minus = "".join(f" - '{column}'" for column in left_out)
        selects.append(f"SELECT '{table}', (to_jsonb(t){minus})::text FROM {source} t")  # noqa: S608  quoted
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects))
        yield from (f"row {table} {row}" for table, row in cursor.fetchall())
