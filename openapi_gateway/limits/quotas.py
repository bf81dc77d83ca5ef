"""Counters of calls: names, and what is left of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import redis
from django.conf import settings

from openapi_gateway.credentials.records import Limits
from openapi_gateway.redis_clients import redis_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_SECONDS, MONTH_SECONDS = 2 * 86_400, 40 * 86_400


@dataclass(frozen=True, slots=True)
class Left:
    """``used`` may stand above a limit that was lowered since."""

    day_limit: int
    day_used: int
    month_limit: int
    month_used: int

    @property
    def day(self) -> int:
        return max(0, self.day_limit - self.day_used)

    @property
    def month(self) -> int:
        return max(0, self.month_limit - self.month_used)


def counter_names(app_id: str, environment: str, service: str, day: str) -> tuple[str, str]:
    """``day``: of Shanghai, YYYYMMDD."""
    head = f"gw:q:{app_id}:{environment}:{service}"
    return f"{head}:{day}", f"{head}:{day[:6]}"


def day_of(at: float) -> str:
    """YYYYMMDD in Shanghai, which has had no summer time since 1991."""
    return _day(int(at + 8 * 3600) // 86_400)


@lru_cache(maxsize=8)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400 - 8 * 3600, SHANGHAI).strftime("%Y%m%d")


def left(app_id: str, environment: str, service: str, at: float, limits: Limits) -> Left:
    """Raises ``redis.RedisError`` when nobody can tell."""
    names = counter_names(app_id, environment, service, day_of(at))
    day_used, month_used = (int(each or 0) for each in redis_of(settings.REDIS_URL).mget(names))
    return Left(limits.day_quota, day_used, limits.month_quota, month_used)


def give_back(
    pipe: redis.client.Pipeline, app_id: str, environment: str, service: str, at: float
) -> None:
    """A call that failed on our side, or upstream, uses nothing up."""
    for name in counter_names(app_id, environment, service, day_of(at)):
        pipe.decr(name)
