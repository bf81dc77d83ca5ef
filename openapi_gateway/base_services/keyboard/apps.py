from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KeyboardConfig(AppConfig):
    name = "openapi_gateway.base_services.keyboard"
    label = "gateway_keyboard"
    verbose_name = _("Gateway: secure keyboard")

    def ready(self) -> None:
        from openapi_gateway.base_services.keyboard import checks  # noqa: F401  (registers)
        from tenants.periodic import register_periodic

        register_periodic(
            "purge keyboard sessions",
            "openapi_gateway.base_services.keyboard.tasks.purge_sessions",
            86_400,
        )
