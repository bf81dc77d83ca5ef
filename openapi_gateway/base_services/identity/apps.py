from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    name = "openapi_gateway.base_services.identity"
    label = "gateway_identity"
    verbose_name = _("Gateway: identity")

    def ready(self) -> None:
        from tenants.periodic import register_periodic

        task = "openapi_gateway.base_services.identity.tasks.purge_identity"
        register_periodic("old tickets and tokens", task, 86_400)
