from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    name = "demo"
    label = "demo"
    verbose_name = _("demo province")

    def ready(self) -> None:
        import demo.events  # noqa: F401  (registers the audit events)
