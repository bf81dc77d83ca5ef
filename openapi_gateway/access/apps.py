from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "openapi_gateway.access"
    label = "gateway_access"
    verbose_name = _("Gateway: access")

    def ready(self) -> None:
        from openapi_gateway.access import grant_events

        grant_events.register()
