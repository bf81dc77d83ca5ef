from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UpstreamConfig(AppConfig):
    name = "openapi_gateway.upstream"
    label = "gateway_upstream"
    verbose_name = _("Gateway: upstream systems")
