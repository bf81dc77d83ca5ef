from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "openapi_gateway.access"
    label = "gateway_access"
    verbose_name = _("Gateway: access")

    def ready(self) -> None:
        from openapi_gateway.access import events, grant_events
        from openapi_gateway.access.seeds import seed_after_migrate, seed_digest
        from tenants.periodic import register_periodic
        from tenants.seeds import register_seed

        events.register()
        grant_events.register()
        post_migrate.connect(seed_after_migrate, dispatch_uid="gateway_access.seed_catalogue")
        register_seed("gateway_access.catalogue", seed_digest)
        register_periodic(
            "expire access applications", "openapi_gateway.access.tasks.expire_applications", 3600
        )
        register_periodic("expire grants", "openapi_gateway.access.tasks.expire_grants", 3600)
