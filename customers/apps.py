from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    label = "customers"
    verbose_name = _("customers")

    def ready(self) -> None:
        from customers.audiences import describe
        from publishing.registry import register_audience_words

        register_audience_words(describe)
