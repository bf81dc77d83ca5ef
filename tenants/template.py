"""The template: a schema that real migrations made, and its dump that new banks replay."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.applied import known_migrations
from tenants.dumps import PREAMBLE, dump_schema, renamed
from tenants.errors import TemplateFailed
from tenants.fingerprints import schema_digest
from tenants.folding import folded
from tenants.locks import held
from tenants.models import SchemaTemplate
from tenants.schemas import create_schema, migrate_schema, schema_exists
from tenants.search_path import forget_search_path, on_public
from tenants.seeds import seed_digest

_LOCK = "fuxiang.template"


@dataclass(frozen=True, slots=True)
class Replay:
    """The template's statements and what must be there when they have run."""

    sql: str
    catalogue_digest: str

    def run(self, schema: str) -> None:
        """Make ``schema`` and check it. Inside the caller's transaction."""
        with connection.cursor() as cursor:
            try:
                cursor.execute(PREAMBLE + renamed(self.sql, settings.TEMPLATE_SCHEMA, schema))
            finally:
                forget_search_path()
        if schema_digest(schema) != self.catalogue_digest:
            raise TemplateFailed(
                _("The schema %(schema)s does not equal the template; nothing was kept.")
                % {"schema": schema}
            )


def code_digest() -> str:
    """Of all that shapes a bank's schema: migrations, seed rows, the server that describes it."""
    parts = [
        *sorted(known_migrations()),
        seed_digest(),
        f"PostgreSQL {connection.pg_version // 10000}",
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def has_current_replay() -> bool:
    return SchemaTemplate.objects.filter(digest=code_digest()).exists()


def current_replay() -> Replay:
    """The dump that fits this code; made first when there is none."""
    with on_public():
        found = _stored()
        return found or _make()


def _stored() -> Replay | None:
    row = SchemaTemplate.objects.filter(digest=code_digest()).first()
    return Replay(row.sql, row.catalogue_digest) if row else None


def _make() -> Replay:
    if connection.in_atomic_block:
        # pg_dump comes by a connection of its own and would not see what this transaction makes.
        raise TemplateFailed(
            _("The template of the banks' schemas is behind the code; run upgrade_banks first.")
        )
    with held(_LOCK):
        found = _stored()
        if found:
            return found
        migrate_template()
        sql = folded(dump_schema(settings.TEMPLATE_SCHEMA))
        return _keep(sql, schema_digest(settings.TEMPLATE_SCHEMA))


def migrate_template() -> None:
    if not schema_exists(settings.TEMPLATE_SCHEMA):
        create_schema(settings.TEMPLATE_SCHEMA)
    migrate_schema(settings.TEMPLATE_SCHEMA)


def _keep(sql: str, digest: str) -> Replay:
    renamed(sql, settings.TEMPLATE_SCHEMA, "b_check")  # refuses now, not at the first bank
    with transaction.atomic():
        SchemaTemplate.objects.exclude(digest=code_digest()).delete()
        SchemaTemplate.objects.create(
            digest=code_digest(), sql=sql, catalogue_digest=digest, made_at=timezone.now()
        )
    return Replay(sql, digest)
