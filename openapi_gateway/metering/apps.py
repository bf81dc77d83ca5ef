from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MeteringConfig(AppConfig):
    name = "openapi_gateway.metering"
    label = "gateway_metering"
    verbose_name = _("Gateway: calls and usage")
