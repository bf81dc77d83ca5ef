from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LivenessConfig(AppConfig):
    name = "openapi_gateway.base_services.liveness"
    label = "gateway_liveness"
    verbose_name = _("Gateway: liveness")
