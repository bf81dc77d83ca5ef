from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "openapi_gateway.webhooks"
    label = "gateway_webhooks"
    verbose_name = _("Gateway: callbacks")

    def ready(self) -> None:
        from openapi_gateway.webhooks import events, exits
        from tenants.periodic import register_periodic

        events.register()
        exits.register()
        tasks = "openapi_gateway.webhooks.tasks"
        register_periodic("gateway: callbacks", f"{tasks}.deliver_waiting", 5)
        register_periodic("gateway: old callbacks", f"{tasks}.purge_callbacks", 86_400)
