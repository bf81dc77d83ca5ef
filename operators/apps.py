from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class OperatorsConfig(AppConfig):
    name = "operators"
    label = "operators"
    verbose_name = _("operators")

    def ready(self) -> None:
        from operators import checks, events  # noqa: F401  (they register themselves)
        from operators.roles import seed_after_migrate, seed_digest
        from tenants.periodic import register_periodic
        from tenants.seeds import register_seed

        # After auth's own handler, which makes the permissions: auth is installed before us.
        post_migrate.connect(seed_after_migrate, dispatch_uid="operators.seed_roles")
        register_seed("operators.roles", seed_digest)
        # Every chain within 5 seconds, see audit.sealing.
        register_periodic("seal chains", "operators.tasks.seal_all_chains", 3)
