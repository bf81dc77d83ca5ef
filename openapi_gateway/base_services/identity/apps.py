from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    name = "openapi_gateway.base_services.identity"
    label = "gateway_identity"
    verbose_name = _("Gateway: identity")

    def ready(self) -> None:
        from customers.partners import register_partner_names
        from openapi_gateway.base_services.identity.tickets import names_of_partners
        from tenants.periodic import register_periodic

        register_partner_names(names_of_partners)
        task = "openapi_gateway.base_services.identity.tasks.purge_identity"
        register_periodic("old tickets and tokens", task, 86_400)
