from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    label = "customers"
    verbose_name = _("customers")

    def ready(self) -> None:
        from customers import checks, events, import_jobs  # noqa: F401  (checks register themselves)
        from customers.audiences import describe
        from publishing.registry import register_audience_words
        from tenants.periodic import register_periodic

        events.register()
        import_jobs.IMPORT.register()
        register_audience_words(describe)
        day = 86_400
        register_periodic("touchpoint weeks", "customers.tasks.prepare_weeks_everywhere", day)
        register_periodic("old touchpoints", "customers.tasks.drop_old_touchpoints_everywhere", day)
