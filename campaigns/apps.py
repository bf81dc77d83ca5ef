from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    label = "campaigns"
    verbose_name = _("campaigns")

    def ready(self) -> None:
        from campaigns import events, kinds

        events.register()
        kinds.register_kind()
