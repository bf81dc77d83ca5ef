from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvinceCampaignsConfig(AppConfig):
    name = "campaigns.province"
    label = "campaigns_province"
    verbose_name = _("province campaigns")
