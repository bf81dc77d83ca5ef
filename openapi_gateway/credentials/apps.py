from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CredentialsConfig(AppConfig):
    name = "openapi_gateway.credentials"
    label = "gateway_credentials"
    verbose_name = _("Gateway: clients and keys")
