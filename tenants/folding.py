"""A dump in fewer statements: each ALTER TABLE costs PostgreSQL about as much as the CREATE TABLE.

pg_dump writes a table first and its identity, keys and foreign keys afterwards. What can be said
in CREATE TABLE is moved there, and a table's foreign keys share one statement. Only statements of
exactly pg_dump's form are moved, and every replay is compared with the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TABLE = re.compile(r"CREATE TABLE (\S+) \(\n.*\n\);", re.DOTALL)
_IDENTITY = re.compile(
    r"ALTER TABLE (\S+) ALTER COLUMN (\w+) ADD (GENERATED [A-Z ]+ AS IDENTITY \([^;']+\));"
)
_KEY = re.compile(r"ALTER TABLE ONLY (\S+)\n    ADD (CONSTRAINT \S+ (?:PRIMARY KEY|UNIQUE) .+);")
_FOREIGN_KEY = re.compile(r"ALTER TABLE ONLY (\S+)\n    (ADD CONSTRAINT \S+ FOREIGN KEY .+);")
_END = "\n);"


def folded(sql: str) -> str:
    tables: dict[str, str] = {}
    foreign_keys: dict[str, list[str]] = {}
    others: list[str] = []
    for statement in statements_of(sql):
        if table := _TABLE.fullmatch(statement):
            tables[table[1]] = statement
        elif (found := _IDENTITY.fullmatch(statement)) and found[1] in tables:
            tables[found[1]] = _with_identity(tables[found[1]], found[2], found[3])
        elif (found := _KEY.fullmatch(statement)) and found[1] in tables:
            tables[found[1]] = tables[found[1]].removesuffix(_END) + f",\n    {found[2]}{_END}"
        elif found := _FOREIGN_KEY.fullmatch(statement):
            foreign_keys.setdefault(found[1], []).append(found[2])
        else:
            others.append(statement)
    # The schema itself comes first, rows and indexes after the tables, foreign keys last.
    schema = [each for each in others if each.startswith("CREATE SCHEMA ")]
    rest = [each for each in others if each not in schema]
    separator = ",\n    "
    keys = [
        f"ALTER TABLE ONLY {table}\n    {separator.join(parts)};"
        for table, parts in foreign_keys.items()
    ]
    return "\n".join([*schema, *tables.values(), *rest, *keys])


def statements_of(sql: str) -> Iterator[str]:
    """Statements end with a semicolon at a line's end that is in no quoted text."""
    lines: list[str] = []
    in_text = False
    for line in sql.splitlines():
        lines.append(line)
        in_text ^= line.count("'") % 2 == 1
        if line.endswith(";") and not in_text:
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _with_identity(table: str, column: str, identity: str) -> str:
    line = re.compile(rf"^(    {column} [^\n]*?)(,?)$", re.MULTILINE)
    return line.sub(lambda found: f"{found[1]} {identity}{found[2]}", table, count=1)
