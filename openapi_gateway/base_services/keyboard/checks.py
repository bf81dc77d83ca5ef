from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

CONFIGURATION = "configuration"


@register(CONFIGURATION)
def check_zone_keys(**_kwargs: Any) -> list[CheckMessage]:
    if settings.LOCAL or settings.ZONE_KEYS:
        return []
    return [
        Error(
            "ZONE_KEYS is empty: PIN blocks cannot be enciphered for the banks.",
            hint="Set ZONE_KEYS to ID:BASE64 of 32 random bytes; more masters follow after commas.",
            id="gateway_keyboard.E001",
        )
    ]
