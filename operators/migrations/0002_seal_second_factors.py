from __future__ import annotations

from typing import Any

from django.db import migrations

from operators.totp_keys import is_sealed, seal, unseal


def seal_all(apps: Any, schema_editor: Any) -> None:
    """Of the schema at hand; those that are sealed stay as they are."""
    for device in _devices(apps, schema_editor):
        if not is_sealed(device.key):
            device.key = seal(bytes.fromhex(device.key), device.user_id)
            device.save(update_fields=["key"])


def open_all(apps: Any, schema_editor: Any) -> None:
    for device in _devices(apps, schema_editor):
        device.key = unseal(device.key, device.user_id).hex()
        device.save(update_fields=["key"])


def _devices(apps: Any, schema_editor: Any) -> Any:
    model = apps.get_model("otp_totp", "TOTPDevice")
    return model._base_manager.using(schema_editor.connection.alias).order_by("pk")


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0001_initial"),
        ("otp_totp", "0003_add_timestamps"),
    ]

    operations = [
        migrations.CreateModel(
            name="SecondFactorDevice",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("otp_totp.totpdevice",),
        ),
        migrations.RunPython(seal_all, open_all),
    ]
