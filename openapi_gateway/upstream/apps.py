from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class UpstreamConfig(AppConfig):
    name = "openapi_gateway.upstream"
    label = "gateway_upstream"
    verbose_name = _("Gateway: upstream systems")

    def ready(self) -> None:
        from openapi_gateway.upstream import checks, events  # noqa: F401  (they register)
        from openapi_gateway.upstream.seeds import DAY, TIDY, seed_after_migrate, seed_digest
        from tenants.periodic import register_periodic
        from tenants.seeds import register_seed

        post_migrate.connect(seed_after_migrate, sender=self, dispatch_uid="gateway_upstream.seeds")
        register_seed("gateway_upstream.vendors", seed_digest)
        register_periodic("old charges of vendors", TIDY, DAY)
