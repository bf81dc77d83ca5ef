from __future__ import annotations

import os
import time

from django.db import migrations, models


def work(apps, schema_editor):
    schema = schema_editor.connection.schema_name
    if schema in os.environ.get("LATE_STUCK", "").split(","):
        time.sleep(120)  # longer than a test waits before it kills
    if schema in os.environ.get("LATE_FAILS", "").split(","):
        raise RuntimeError("planted failure")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Late", [("id", models.BigAutoField(primary_key=True)), ("word", models.TextField())]
        ),
        migrations.RunPython(work, migrations.RunPython.noop),
    ]
