from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection

from tenants.dumps import renamed, replayable
from tenants.errors import TemplateFailed
from tenants.fingerprints import schema_lines
from tenants.models import Bank
from tenants.services import provision_bank

# When a migration was applied is all that may differ.
TIMES = ("django_migrations.applied",)


@pytest.mark.django_db
def test_a_replayed_schema_equals_the_migrated_one() -> None:
    """Real migrations made the template; a bank that was migrated under its own name is compared
    where banks are upgraded."""
    # Not alpha: its sequences have moved on with the tests before.
    bank = provision_bank(slug="replayed", name="Replayed")
    replayed, real = (
        schema_lines(s, without=TIMES) for s in (bank.schema_name, settings.TEMPLATE_SCHEMA)
    )

    assert replayed == real
    for kind in ("table", "column", "constraint", "index", "sequence", "row"):
        assert sum(line.startswith(f"{kind} ") for line in real) > 5


CHANGES = [
    "DROP INDEX {schema}.approvals_request_inbox",
    "ALTER TABLE {schema}.auth_group RENAME CONSTRAINT auth_group_name_key TO another",
    "ALTER TABLE {schema}.auth_group ALTER COLUMN name TYPE varchar(151)",
    "ALTER TABLE {schema}.auth_group ALTER COLUMN name DROP NOT NULL",
    "ALTER TABLE {schema}.auth_group ALTER COLUMN name SET DEFAULT 'x'",
    "ALTER TABLE {schema}.auth_group ADD COLUMN extra int",
    "ALTER TABLE {schema}.auth_group ALTER COLUMN id DROP IDENTITY",
    "ALTER TABLE {schema}.approvals_request DROP CONSTRAINT approvals_request_status_known",
    "SELECT nextval('{schema}.auth_permission_id_seq')",
    "ALTER SEQUENCE {schema}.auth_group_id_seq MAXVALUE 99999",
    "CREATE TABLE {schema}.extra (id int)",
    "DELETE FROM {schema}.auth_group_permissions WHERE id = 1",
    "UPDATE {schema}.django_migrations SET name = 'x' WHERE id = 1",
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_difference_shows(alpha: Bank, change: str) -> None:
    before = schema_lines(alpha.schema_name)

    with connection.cursor() as cursor:
        cursor.execute(change.format(schema=alpha.schema_name))

    assert schema_lines(alpha.schema_name) != before


def test_a_dump_loses_what_belongs_to_a_session_and_keeps_texts_as_they_are() -> None:
    dump = (
        "--\n-- it's a comment\n\\restrict abc\nSET transaction_timeout = 0;\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\n\n"
        "INSERT INTO t.x VALUES\n\t(1, 'first\n\n-- not a comment\nSET a = 1;\n''last''');\n"
        "\\unrestrict abc\n"
    )

    assert replayable(dump) == (
        "INSERT INTO t.x VALUES\n\t(1, 'first\n\n-- not a comment\nSET a = 1;\n''last''');"
    )


def test_a_template_whose_name_is_in_a_row_is_refused() -> None:
    assert renamed("CREATE SCHEMA tpl;\nCREATE TABLE tpl.a ();", "tpl", "b_x") == (
        "CREATE SCHEMA b_x;\nCREATE TABLE b_x.a ();"
    )
    with pytest.raises(TemplateFailed):
        renamed("INSERT INTO tpl.a VALUES ('made in tpl')", "tpl", "b_x")
