from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    name = "fuxiang_zone.catalogue"
    label = "fuxiang_zone_catalogue"
    verbose_name = _("Fuxiang zone catalogue")

    def ready(self) -> None:
        from fuxiang_zone.catalogue import events, targets  # noqa: F401  (events register)

        targets.register_targets()
