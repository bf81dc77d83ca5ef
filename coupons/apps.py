from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CouponsConfig(AppConfig):
    name = "coupons"
    label = "coupons"
    verbose_name = _("coupons")

    def ready(self) -> None:
        from coupons import events, export_jobs, histories, targets
        from coupons.grants import kinds as grant_kinds
        from coupons.importing_pages import jobs as importing_jobs
        from coupons.reconciliation import run_jobs
        from coupons.stock import batch_kinds
        from coupons.terms import kinds
        from tenants.periodic import register_periodic

        events.register()
        export_jobs.register_kind()
        histories.register_histories()
        targets.register_targets()
        kinds.register_kind()
        batch_kinds.register_kinds()
        grant_kinds.register_kinds()
        importing_jobs.register_kinds()
        run_jobs.register_kind()
        register_periodic("tidy coupons", "coupons.tasks.tidy_coupons_everywhere", 1200)
        register_periodic("reconcile coupons", "coupons.tasks.reconcile_coupons_everywhere", 3600)
