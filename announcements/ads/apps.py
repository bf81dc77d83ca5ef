from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AdsConfig(AppConfig):
    name = "announcements.ads"
    label = "announcements_ads"
    verbose_name = _("ads")

    def ready(self) -> None:
        from announcements.ads import events, kinds  # noqa: F401  (the events register themselves)

        kinds.register_kinds()
        self._ready_pictures()

    def _ready_pictures(self) -> None:
        from announcements.ads.pictures import events, tasks  # noqa: F401  (register themselves)
        from tenants.periodic import register_periodic

        task = "announcements.ads.pictures.tasks.sweep_everywhere"
        register_periodic("remove unused pictures", task, 24 * 3600)
