from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConformanceConfig(AppConfig):
    name = "openapi_gateway.conformance"
    label = "gateway_conformance"
    verbose_name = _("Gateway: conformance")

    def ready(self) -> None:
        from openapi_gateway.conformance import events
        from tenants.periodic import register_periodic

        events.register()
        register_periodic(
            "close conformance runs", "openapi_gateway.conformance.tasks.close_runs", 300
        )
