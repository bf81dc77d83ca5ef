"""Whether what is written before an answer outlives a crash of Redis. Asked at start-up only: a
running gateway goes on, and the workbench tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from redis.exceptions import RedisError

# With what a process needs before it serves.
CONFIGURATION = "configuration"
HINT = "Set appendonly yes (and appendfsync everysec or always) in the configuration of Redis."


@register(CONFIGURATION)
def calls_are_durable(app_configs: Iterable[Any] | None, **_options: Any) -> list[CheckMessage]:
    if settings.LOCAL:
        return []
    try:
        is_durable = keeps_what_it_answers(settings.REDIS_URL)
    except RedisError as error:
        return [
            Warning(
                f"Redis does not tell whether it keeps its log of commands: {error}",
                hint=HINT,
                id="gateway_metering.W001",
            )
        ]
    if is_durable:
        return []
    return [
        Error(
            "Redis keeps no log of commands: calls of A2 services would be lost with it.",
            hint=HINT,
            id="gateway_metering.E001",
        )
    ]


def keeps_what_it_answers(url: str) -> bool:
    """INFO is open where CONFIG is not."""
    with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as server:
        return bool(int(server.info("persistence").get("aof_enabled", 0)))  # type: ignore[union-attr]
