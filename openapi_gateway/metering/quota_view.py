"""What is left of the plans, as the counters of the admission have it at this moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from redis.exceptions import RedisError

from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.models import GrantedService
from openapi_gateway.choices import Environment
from openapi_gateway.credentials.records import SANDBOX_LIMITS, Limits
from openapi_gateway.limits.quotas import Left, counter_names, day_of
from openapi_gateway.metering.draining import redis_of
from openapi_gateway.metering.months import day_of as shanghai_day

SHOWN = 12
_ENDED = (GrantState.TERMINATED, GrantState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Place:
    """A client on a service in one environment."""

    bank_id: int
    app_id: str
    client: str
    environment: str
    service: str
    service_name: str
    plan: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Quota:
    place: Place
    left: Left

    @property
    def day_percent(self) -> int:
        return _percent(self.left.day_used, self.left.day_limit)

    @property
    def month_percent(self) -> int:
        return _percent(self.left.month_used, self.left.month_limit)

    @property
    def fullest(self) -> int:
        return max(self.day_percent, self.month_percent)


def quotas_of(
    *, at: datetime, bank_id: int | None = None, environment: str = "", app_id: str = "",
    service: str | None = None,
) -> list[Quota] | None:  # fmt: skip
    """Those nearest to their end first; None = Redis does not tell."""
    places = [
        place
        for place in open_places(at, bank_id)
        if environment in ("", place.environment)
        and app_id in ("", place.app_id)
        and service in (None, place.service)
    ]
    try:
        quotas = [Quota(*pair) for pair in zip(places, _left(places, at), strict=True)]
    except RedisError:
        return None
    return sorted(quotas, key=lambda each: (-each.fullest, each.place.client, each.place.service))


def open_places(at: datetime, bank_id: int | None) -> Iterator[Place]:
    """Where a grant lets a client call now."""
    today = shanghai_day(at)
    rows = GrantedService.objects.filter(
        ~Q(grant__state__in=_ENDED), grant__starts_on__lte=today, grant__ends_on__gte=today
    ).select_related("grant__client", "plan__version__service")
    if bank_id is not None:
        rows = rows.filter(grant__bank_id=bank_id)
    seen: set[tuple[str, str, str]] = set()
    # The newest grant is the one whose plan counts.
    for row in rows.order_by("-grant_id", "-pk"):
        for environment in _environments(row):
            place = _place(row, environment)
            key = (place.app_id, place.environment, place.service)
            if key not in seen:
                seen.add(key)
                yield place


def _environments(row: GrantedService) -> list[str]:
    is_open = row.grant.state == GrantState.PRODUCTION_ACTIVE
    return [Environment.SANDBOX, *([Environment.PRODUCTION] if is_open else [])]


def _place(row: GrantedService, environment: str) -> Place:
    plan, client, service = row.plan, row.grant.client, row.plan.version.service
    own = Limits(plan.rate_per_second, plan.burst, plan.day_quota, plan.month_quota)
    is_own = environment == Environment.PRODUCTION
    return Place(
        bank_id=row.grant.bank_id, app_id=client.app_id, client=client.name,
        environment=environment, service=service.code, service_name=service.name, plan=plan.name,
        limits=own if is_own else SANDBOX_LIMITS,
    )  # fmt: skip


def _left(places: list[Place], at: datetime) -> list[Left]:
    """One question for all of them."""
    if not places:
        return []
    day = day_of(at.timestamp())
    names = [
        name
        for each in places
        for name in counter_names(each.app_id, each.environment, each.service, day)
    ]
    used = [int(each or 0) for each in redis_of(settings.REDIS_URL).mget(names)]  # type: ignore[union-attr]
    return [
        Left(each.limits.day_quota, used[2 * n], each.limits.month_quota, used[2 * n + 1])
        for n, each in enumerate(places)
    ]


def _percent(used: int, limit: int) -> int:
    return min(100, used * 100 // limit) if limit else 0
