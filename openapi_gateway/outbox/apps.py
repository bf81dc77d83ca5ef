from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "openapi_gateway.outbox"
    label = "gateway_outbox"
    verbose_name = _("Gateway: announcements to partners")
