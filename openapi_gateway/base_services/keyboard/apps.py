from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KeyboardConfig(AppConfig):
    name = "openapi_gateway.base_services.keyboard"
    label = "gateway_keyboard"
    verbose_name = _("Gateway: secure keyboard")
