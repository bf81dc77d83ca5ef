"""Schemas of the database: their names, their migrations."""

from __future__ import annotations

from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from tenants.errors import TemplateFailed
from tenants.search_path import on_public


def schema_name_of(slug: str) -> str:
    """``b_`` keeps a bank's schema apart from public, pg_* and the template's."""
    return "b_" + slug.replace("-", "_")


def schema_exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [name])
        return cursor.fetchone() is not None


def create_schema(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {connection.ops.quote_name(name)}")


def migrate_schema(name: str) -> None:
    """Run the migrations of one schema by Django's own command, on this thread's connection."""
    with on_public():
        connection.set_schema(name, include_public=False)
        # Made without public on the path, else public's table of applied migrations is found.
        MigrationRecorder(connection).ensure_schema()
        connection.set_schema(name)
        call_command(Migrate(), verbosity=0, interactive=False, skip_checks=True)


def require_schema(name: str) -> None:
    if not schema_exists(name):
        raise TemplateFailed(_("The schema %(schema)s does not exist.") % {"schema": name})
