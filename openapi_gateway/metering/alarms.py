"""What the platform's workbench shows when calls do not come into the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from openapi_gateway.metering.draining import redis_of
from openapi_gateway.metering.models import Drain, SpoiltEntry
from openapi_gateway.metering.outcomes import STREAM

PERMISSION = "gateway_metering.view_calllog"
LONGEST_STREAM = 100_000
LATEST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Standing:
    """How fresh the log is. ``waiting`` = entries of the stream; None = Redis does not tell."""

    drained_at: datetime | None
    waiting: int | None
    spoilt: int
    at: datetime

    @property
    def is_late(self) -> bool:
        """Nobody has looked for a minute, though there is something to fetch."""
        late = self.drained_at is None or self.at - self.drained_at > LATEST
        return late and (self.drained_at is not None or bool(self.waiting))

    @property
    def is_long(self) -> bool:
        return self.waiting is not None and self.waiting > LONGEST_STREAM

    @property
    def needs_attention(self) -> bool:
        return self.is_late or self.is_long or self.waiting is None or self.spoilt > 0


def standing(at: datetime | None = None, stream: str = STREAM) -> Standing:
    row = Drain.objects.filter(stream=stream).first()
    return Standing(
        drained_at=row.drained_at if row else None,
        waiting=_length(stream),
        spoilt=SpoiltEntry.objects.count(),
        at=at or timezone.now(),
    )


def counted_until(stream: str = STREAM) -> datetime | None:
    """What happened later may not be in the log yet."""
    return Drain.objects.filter(stream=stream).values_list("drained_at", flat=True).first()


def alarm_for(operator: Any) -> Standing | None:
    """For the workbench of somebody who may look into it."""
    if not operator.has_perm(PERMISSION):
        return None
    found = standing()
    return found if found.needs_attention else None


def _length(stream: str) -> int | None:
    try:
        return int(redis_of(settings.REDIS_URL).xlen(stream))
    except RedisError:
        return None
