"""ReviewDecision.applicant_schema must be the application's: the composite foreign key that the ORM cannot declare."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("gateway_access", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=(
                "ALTER TABLE gateway_access_reviewdecision"
                " ADD CONSTRAINT gateway_access_decision_applicant"
                " FOREIGN KEY (application_id, applicant_schema)"
                " REFERENCES gateway_access_application (id, applicant_schema)"
                " DEFERRABLE INITIALLY DEFERRED"
            ),
            reverse_sql=(
                "ALTER TABLE gateway_access_reviewdecision"
                " DROP CONSTRAINT gateway_access_decision_applicant"
            ),
        )
    ]
