"""Decision.maker_id must be the request's maker: the composite foreign key that the ORM cannot declare."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=(
                "ALTER TABLE approvals_decision ADD CONSTRAINT approvals_decision_maker_of_request"
                " FOREIGN KEY (request_id, maker_id) REFERENCES approvals_request (id, maker_id)"
                " DEFERRABLE INITIALLY DEFERRED"
            ),
            reverse_sql=(
                "ALTER TABLE approvals_decision DROP CONSTRAINT approvals_decision_maker_of_request"
            ),
        )
    ]
