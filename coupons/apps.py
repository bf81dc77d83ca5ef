from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CouponsConfig(AppConfig):
    name = "coupons"
    label = "coupons"
    verbose_name = _("coupons")

    def ready(self) -> None:
        from coupons import events
        from coupons.stock import batch_kinds
        from coupons.terms import kinds

        events.register()
        kinds.register_kind()
        batch_kinds.register_kinds()
