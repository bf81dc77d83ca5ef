from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OffersConfig(AppConfig):
    name = "publishing.offers"
    label = "publishing_offers"
    verbose_name = _("content offered to banks")

    def ready(self) -> None:
        from publishing.offers import events  # noqa: F401  (they register themselves)
        from tenants.periodic import register_periodic

        register_periodic("sync offers", "publishing.offers.tasks.sync_everywhere", 120)
