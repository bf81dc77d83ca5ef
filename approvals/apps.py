from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "approvals"
    label = "approvals"
    verbose_name = _("approvals")

    def ready(self) -> None:
        from approvals import events  # noqa: F401  (registers the audit events)
