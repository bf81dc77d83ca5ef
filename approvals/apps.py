from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "approvals"
    label = "approvals"
    verbose_name = _("approvals")

    def ready(self) -> None:
        from approvals import events, handovers  # noqa: F401  (they register themselves)
        from approvals.kinds.role_change import register_role_change
        from tenants.periodic import register_periodic

        register_role_change()
        register_periodic("expire approval requests", "approvals.tasks.expire_everywhere", 3600)
