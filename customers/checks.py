from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

# Events of 30 days ago are still taken in: they may lie in the fifth week back.
FEWEST_WEEKS = 5


@register()
def touchpoints_outlive_their_intake(
    app_configs: Iterable[Any] | None, **_options: Any
) -> list[CheckMessage]:
    if settings.TOUCHPOINT_WEEKS >= FEWEST_WEEKS:
        return []
    return [
        Error(
            f"TOUCHPOINT_WEEKS is {settings.TOUCHPOINT_WEEKS}: what is taken in would be dropped.",
            hint=f"Keep at least {FEWEST_WEEKS} weeks.",
            id="customers.E001",
        )
    ]
