"""What only the bank of this connection holds."""

from __future__ import annotations

from django.db import connection


def only_here() -> list[str]:
    """By plain SQL: building the same query thousands of times would measure the ORM, and which
    schema it reads is the connection's affair either way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM auth_group WHERE name LIKE 'only-%'")
        return [name for (name,) in cursor.fetchall()]
