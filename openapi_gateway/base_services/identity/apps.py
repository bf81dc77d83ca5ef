from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    name = "openapi_gateway.base_services.identity"
    label = "gateway_identity"
    verbose_name = _("Gateway: identity")
