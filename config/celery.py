"""The Celery application. Every room's tasks are registered: a worker that lacks one drops its
messages with no more than a line in the log."""

from __future__ import annotations

import os

from tenant_schemas_celery.app import CeleryApp

from config.local import prepare_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
prepare_environment()

app = CeleryApp("fuxiang", task_cls="tenants.bank_tasks:BankTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
