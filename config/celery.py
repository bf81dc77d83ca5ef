from __future__ import annotations

import os

from tenant_schemas_celery.app import CeleryApp

from config.local import prepare_environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
prepare_environment()

app = CeleryApp("fuxiang")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
