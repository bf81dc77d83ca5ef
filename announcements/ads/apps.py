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
