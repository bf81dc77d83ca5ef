from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvinceCampaignsConfig(AppConfig):
    name = "campaigns.province"
    label = "campaigns_province"
    verbose_name = _("province campaigns")

    def ready(self) -> None:
        from campaigns.province import events, kinds
        from tenants.periodic import register_periodic

        events.register()
        kinds.register_kind()
        register_periodic(
            "roll up province campaigns", "campaigns.province.tasks.roll_up_everywhere", 60
        )
