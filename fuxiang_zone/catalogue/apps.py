from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    name = "fuxiang_zone.catalogue"
    label = "fuxiang_zone_catalogue"
    verbose_name = _("Fuxiang zone catalogue")

    def ready(self) -> None:
        import fuxiang_zone.catalogue.events  # noqa: F401  (registers the audit events)
