from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampusConfig(AppConfig):
    name = "fuxiang_zone.campus"
    label = "fuxiang_zone_campus"
    verbose_name = _("smart campus")

    def ready(self) -> None:
        from fuxiang_zone.campus import events, kinds

        events.register()
        kinds.register_kinds()
