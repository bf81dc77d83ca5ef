"""Figures of the dashboards: calls over time, how many were refused or failed, how long they took,
what is left of the quotas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from openapi_gateway.metering.choices import OK, Span
from openapi_gateway.metering.histograms import percentile
from openapi_gateway.metering.models import Traffic, Usage
from openapi_gateway.metering.months import SHANGHAI, day_of, midnight
from openapi_gateway.metering.usage import Calls, calls_of

TOP = 8


class Period(Enum):
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def span(self) -> Span:
        return Span.HOUR if self is Period.DAY else Span.DAY

    @property
    def step(self) -> timedelta:
        return timedelta(hours=1) if self is Period.DAY else timedelta(days=1)

    @property
    def length(self) -> int:
        return {Period.DAY: 24, Period.WEEK: 7, Period.MONTH: 30}[self]


@dataclass(frozen=True, slots=True)
class View:
    """Whose calls, of which stretch of time up to ``at``."""

    period: Period
    at: datetime
    # None = of all banks.
    bank_id: int | None = None
    environment: str = ""
    service: str | None = None
    app_id: str = ""

    @property
    def condition(self) -> Q:
        found = Q()
        if self.bank_id is not None:
            found &= Q(bank_id=self.bank_id)
        if self.environment:
            found &= Q(environment=self.environment)
        if self.service is not None:
            found &= Q(service=self.service)
        if self.app_id:
            found &= Q(app_id=self.app_id)
        return found

    @property
    def moments(self) -> list[datetime]:
        """The beginning of each step, the oldest first."""
        if self.period is Period.DAY:
            last = self.at.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
        else:
            last = midnight(day_of(self.at))
        steps = range(self.period.length - 1, -1, -1)
        return [last - self.period.step * back for back in steps]


@dataclass(frozen=True, slots=True)
class Point:
    """One step of the chart. Percentiles in milliseconds; None = there was no call."""

    starts_at: datetime
    calls: int = 0
    refused: int = 0
    failed: int = 0
    billable: int = 0
    latencies: Sequence[int] = field(default=())

    def __add__(self, other: Point) -> Point:
        return Point(
            self.starts_at, self.calls + other.calls, self.refused + other.refused,
            self.failed + other.failed, self.billable + other.billable,
            _summed(self.latencies, other.latencies),
        )  # fmt: skip

    @property
    def p50(self) -> float | None:
        return percentile(self.latencies, 50)

    @property
    def p95(self) -> float | None:
        return percentile(self.latencies, 95)

    @property
    def p99(self) -> float | None:
        return percentile(self.latencies, 99)

    @property
    def error_percent(self) -> float:
        return self._percent(self.failed)

    @property
    def refused_percent(self) -> float:
        return self._percent(self.refused)

    def _percent(self, part: int) -> float:
        return round(part * 100 / self.calls, 2) if self.calls else 0.0


def points_of(view: View) -> list[Point]:
    """One for each step, also where nothing happened."""
    moments = view.moments
    rows = _traffic(view, moments).values_list("starts_at").order_by()
    sums = [Sum(name) for name in ("calls", "refused", "failed", "billable")]
    counts = {starts_at: tuple(numbers) for starts_at, *numbers in rows.annotate(*sums)}
    latencies = _latencies(view, moments)
    return [
        _point(moment, counts.get(moment, (0, 0, 0, 0)), latencies.get(moment, ()))
        for moment in moments
    ]


def total(points: Iterable[Point], at: datetime) -> Point:
    return sum(points, Point(at))


def top_codes(view: View) -> list[tuple[str, int]]:
    rows = _usage(view).exclude(code=OK).values_list("code").annotate(total=Sum("calls"))
    return [(code, calls) for code, calls in rows.order_by("-total", "code")[:TOP] if calls]


def top_clients(view: View) -> list[tuple[str, Calls]]:
    return _top(view, "app_id")


def top_banks(view: View) -> list[tuple[int, Calls]]:
    return _top(view, "bank_id")


def _top(view: View, column: str) -> list:
    found: dict[int | str, Calls] = {}
    rows = _usage(view).values_list(column, "status", "billable").order_by()
    for key, status, billable, calls in rows.annotate(total=Sum("calls")):
        found[key] = found.get(key, Calls()) + calls_of(status, billable, calls)
    ordered = sorted(found.items(), key=lambda item: (-item[1].total, str(item[0])))
    return [(key, calls) for key, calls in ordered[:TOP] if calls.total]


def _point(at: datetime, counts: tuple[int, ...], latencies: Sequence[int]) -> Point:
    calls, refused, failed, billable = counts
    return Point(at, calls, refused, failed, billable, latencies)


def _traffic(view: View, moments: list[datetime]) -> QuerySet[Traffic]:
    return Traffic.objects.filter(
        view.condition, span=view.period.span, starts_at__gte=moments[0], starts_at__lte=moments[-1]
    )


def _usage(view: View) -> QuerySet[Usage]:
    """By whole days, also of the last 24 hours: yesterday's and today's."""
    moments = view.moments
    return Usage.objects.filter(
        view.condition, span=Span.DAY, starts_on__gte=day_of(moments[0]),
        starts_on__lte=day_of(moments[-1]),
    )  # fmt: skip


def _latencies(view: View, moments: list[datetime]) -> dict[datetime, list[int]]:
    """Added up by the database: hundreds of clients have a row for each step."""
    rows = _traffic(view, moments).order_by().values_list("starts_at", "latencies")
    statement, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT starts_at, number, sum(count)::bigint"  # noqa: S608  Django's own statement
            f" FROM ({statement}) AS part (starts_at, latencies),"
            " unnest(latencies) WITH ORDINALITY AS bucket (count, number)"
            " GROUP BY starts_at, number ORDER BY starts_at, number",
            parameters,
        )
        found: dict[datetime, list[int]] = {}
        for starts_at, _number, count in cursor.fetchall():
            found.setdefault(starts_at, []).append(count)
        return found


def _summed(one: Sequence[int], other: Sequence[int]) -> list[int]:
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return [
        count + (shorter[number] if number < len(shorter) else 0)
        for number, count in enumerate(longer)
    ]
