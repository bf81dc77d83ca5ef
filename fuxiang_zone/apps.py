from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FuxiangZoneConfig(AppConfig):
    name = "fuxiang_zone"
    label = "fuxiang_zone"
    verbose_name = _("Fuxiang zone")

    def ready(self) -> None:
        from fuxiang_zone import events
        from fuxiang_zone.products import kinds, targets
        from tenants.periodic import register_periodic

        events.register()
        kinds.register_kind()
        # After the catalogue's, whose kind of link this widens.
        targets.register_targets()
        register_periodic(
            "expire reservations", "fuxiang_zone.tasks.expire_reservations_everywhere", 300
        )
