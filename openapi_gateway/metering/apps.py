from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

DRAIN_SECONDS = 2
DAY_SECONDS = 86_400


class MeteringConfig(AppConfig):
    name = "openapi_gateway.metering"
    label = "gateway_metering"
    verbose_name = _("Gateway: calls and usage")

    def ready(self) -> None:
        from openapi_gateway.metering import checks, events  # noqa: F401  (checks register)
        from tenants.periodic import register_periodic

        events.register()
        tasks = "openapi_gateway.metering.tasks"
        register_periodic("gateway calls", f"{tasks}.drain_calls", DRAIN_SECONDS)
        register_periodic("months of the call log", f"{tasks}.keep_months", DAY_SECONDS)
