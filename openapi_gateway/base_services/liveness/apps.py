from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LivenessConfig(AppConfig):
    name = "openapi_gateway.base_services.liveness"
    label = "gateway_liveness"
    verbose_name = _("Gateway: liveness")

    def ready(self) -> None:
        from openapi_gateway.base_services.liveness import judging
        from openapi_gateway.upstream.callbacks import register
        from tenants.periodic import register_periodic

        register(judging.take_report)
        tasks = "openapi_gateway.base_services.liveness.tasks"
        register_periodic("tidy liveness sessions", f"{tasks}.tidy_sessions", 30)
        register_periodic("old liveness sessions", f"{tasks}.purge_sessions", 86_400)
