from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    label = "tenants"
    verbose_name = _("banks")

    def ready(self) -> None:
        from tenants import checks, events  # noqa: F401  (they register themselves)

        for module in settings.STARTED_MODULES:
            import_module(module)
        post_migrate.connect(_after_migrate, dispatch_uid="tenants.sync_periodic_tasks")


def _after_migrate(sender: AppConfig, using: str, **_signal: Any) -> None:
    """Once per migration of public, when the scheduler's own tables are there."""
    from tenants.periodic import sync_periodic_tasks

    if sender.label == "django_celery_beat" and connections[using].schema_name == "public":
        sync_periodic_tasks()
