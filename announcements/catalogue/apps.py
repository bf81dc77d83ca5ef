from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    name = "announcements.catalogue"
    label = "announcements_catalogue"
    verbose_name = _("appearance catalogue")

    def ready(self) -> None:
        from announcements.catalogue import events, targets  # noqa: F401  (events register)

        targets.register_targets()
