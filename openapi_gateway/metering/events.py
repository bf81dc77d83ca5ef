from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

LOG_EXPORTED = "gateway_metering.log_exported"
USAGE_EXPORTED = "gateway_metering.usage_exported"

_LABELS = {LOG_EXPORTED: _("call log exported"), USAGE_EXPORTED: _("usage exported")}


def register() -> None:
    for name, label in _LABELS.items():
        events.register(name, label)
