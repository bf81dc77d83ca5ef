from __future__ import annotations

from django.db import connection


def version_of(schema_name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version FROM public.tenants_schemaversion WHERE schema_name = %s", [schema_name]
        )
        row = cursor.fetchone()
    return row[0] if row else 0
