from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    """Operators' files and long work: readers, rows that are refused, jobs, stored files."""

    name = "intake"
    label = "intake"
    verbose_name = _("file intake")

    def ready(self) -> None:
        from intake import events  # noqa: F401  (they register themselves)
        from tenants.periodic import register_periodic

        # Silent for a minute, and found at most this much later.
        register_periodic("lost jobs", "intake.tasks.requeue_lost_everywhere", 30)
        register_periodic("expired files", "intake.tasks.sweep_files_everywhere", 3600)
