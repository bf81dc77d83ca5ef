"""What a client reads about itself and about what the gateway offers."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct


class UsageLine(Struct):
    service: str
    operation: str
    calls: int
    answered: int
    refused: int
    failed: int
    billable: int


class UsageDay(Struct):
    day: date
    calls: int
    refused: int
    failed: int
    billable: int


class UsageAnswer(Struct):
    """Of one client in one environment and one month of Asia/Shanghai."""

    app_id: str
    environment: str
    # YYYY-MM
    month: str
    calls: int
    billable: int
    operations: list[UsageLine]
    days: list[UsageDay]
    # Calls later than this may be missing; null = none has been counted yet.
    counted_until: datetime | None


class Window(Struct):
    """``limit`` 0 = no limit."""

    limit: int
    used: int
    left: int
    resets_at: datetime


class ServiceQuota(Struct):
    service: str
    rate_per_second: int
    burst: int
    day: Window
    month: Window


class QuotaAnswer(Struct):
    app_id: str
    environment: str
    services: list[ServiceQuota]


class CataloguePlan(Struct):
    code: str
    name: str
    rate_per_second: int
    burst: int
    day_quota: int
    month_quota: int


class CatalogueVersion(Struct):
    version: str
    api_id: str
    # "published" or "deprecated"
    state: str
    sunset_on: date | None
    replacement: str | None
    plans: list[CataloguePlan]


class CatalogueScope(Struct):
    code: str
    name: str
    data_level: str


class CatalogueService(Struct):
    code: str
    name: str
    # "A1" or "A2"
    level: str
    summary: str
    scopes: list[CatalogueScope]
    versions: list[CatalogueVersion]


class CatalogueAnswer(Struct):
    services: list[CatalogueService]
