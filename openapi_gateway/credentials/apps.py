from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CredentialsConfig(AppConfig):
    name = "openapi_gateway.credentials"
    label = "gateway_credentials"
    verbose_name = _("Gateway: clients and keys")

    def ready(self) -> None:
        from openapi_gateway.credentials import events
        from tenants.periodic import register_periodic

        events.register()
        register_periodic(
            "gateway: ends of keys", "openapi_gateway.credentials.tasks.follow_ends", 600
        )
