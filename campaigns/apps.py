from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    label = "campaigns"
    verbose_name = _("campaigns")

    def ready(self) -> None:
        from campaigns import events, kinds, targets
        from campaigns.figures.counting import coupon_changed
        from coupons.life.announcing import register_listener
        from tenants.periodic import register_periodic

        events.register()
        kinds.register_kind()
        targets.register_targets()
        register_listener(coupon_changed)
        register_periodic("apply rewards", "campaigns.tasks.apply_effects_everywhere", 60)
        register_periodic("tie out campaigns", "campaigns.tasks.tie_out_everywhere", 900)
