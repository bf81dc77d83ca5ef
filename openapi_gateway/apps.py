from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GatewayConfig(AppConfig):
    """The pipeline itself, which has one table: answers that are given again."""

    name = "openapi_gateway"
    label = "gateway"
    verbose_name = _("Gateway")

    def ready(self) -> None:
        from openapi_gateway import checks  # noqa: F401  (registers)
        from tenants.periodic import register_periodic

        task = "openapi_gateway.tasks.purge_answers"
        register_periodic("gateway: answers kept for repeated calls", task, 3600)
