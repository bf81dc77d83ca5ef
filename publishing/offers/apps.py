from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OffersConfig(AppConfig):
    name = "publishing.offers"
    label = "publishing_offers"
    verbose_name = _("content offered to banks")
