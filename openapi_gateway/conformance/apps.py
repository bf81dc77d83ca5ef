from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConformanceConfig(AppConfig):
    name = "openapi_gateway.conformance"
    label = "gateway_conformance"
    verbose_name = _("Gateway: conformance")
