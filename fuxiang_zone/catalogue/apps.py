from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CatalogueConfig(AppConfig):
    name = "fuxiang_zone.catalogue"
    label = "fuxiang_zone_catalogue"
    verbose_name = _("Fuxiang zone catalogue")

    def ready(self) -> None:
        from fuxiang_zone.catalogue import events, targets  # noqa: F401  (events register)
        from fuxiang_zone.catalogue.seeds import seed_after_migrate, seed_digest
        from tenants.seeds import register_seed

        targets.register_targets()
        post_migrate.connect(seed_after_migrate, dispatch_uid="fuxiang_zone_catalogue.seed_types")
        register_seed("fuxiang_zone_catalogue.types", seed_digest)
