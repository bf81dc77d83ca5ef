from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "openapi_gateway.webhooks"
    label = "gateway_webhooks"
    verbose_name = _("Gateway: callbacks")
