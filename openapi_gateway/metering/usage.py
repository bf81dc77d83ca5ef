"""Calls of a month: what is billed, and what the log must tie out with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet, Sum

from openapi_gateway.metering.choices import Span
from openapi_gateway.metering.models import CallLog, Usage
from openapi_gateway.metering.months import later, midnight


@dataclass(frozen=True, slots=True)
class Calls:
    answered: int = 0
    # 4xx; 5xx and what nobody knows the end of.
    refused: int = 0
    failed: int = 0
    billable: int = 0

    @property
    def total(self) -> int:
        return self.answered + self.refused + self.failed

    def __add__(self, other: Calls) -> Calls:
        return Calls(*(getattr(self, name) + getattr(other, name) for name in _NAMES))


_NAMES = [each.name for each in fields(Calls)]


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One line of a bill."""

    bank_id: int
    app_id: str
    environment: str
    service: str
    operation: str


@dataclass(frozen=True, slots=True)
class Wanted:
    month: date
    # None = of all banks.
    bank_id: int | None = None
    app_id: str = ""
    environment: str = ""
    service: str | None = None

    @property
    def condition(self) -> Q:
        found = Q()
        if self.bank_id is not None:
            found &= Q(bank_id=self.bank_id)
        if self.app_id:
            found &= Q(app_id=self.app_id)
        if self.environment:
            found &= Q(environment=self.environment)
        if self.service is not None:
            found &= Q(service=self.service)
        return found

    @property
    def last_day(self) -> date:
        return later(self.month, 1) - timedelta(days=1)


def lines_of(wanted: Wanted) -> dict[Line, Calls]:
    """Of a month, in the order of banks, clients, environments and operations."""
    rows = _month(wanted).values_list(
        "bank_id", "app_id", "environment", "service", "operation", "status", "billable"
    )
    found: dict[Line, Calls] = defaultdict(Calls)
    for *key, status, billable, calls in rows.annotate(total=Sum("calls")).order_by():
        found[Line(*key)] += calls_of(status, billable, calls)
    return {line: calls for line, calls in sorted(found.items()) if calls.total}


def banks_of(wanted: Wanted) -> dict[int, Calls]:
    """Of a month, most calls first."""
    found: dict[int, Calls] = defaultdict(Calls)
    rows = _month(wanted).values_list("bank_id", "status", "billable")
    for bank_id, status, billable, calls in rows.annotate(total=Sum("calls")).order_by():
        found[bank_id] += calls_of(status, billable, calls)
    return dict(sorted(found.items(), key=lambda item: (-item[1].total, item[0])))


def days_of(wanted: Wanted) -> dict[date, Calls]:
    """Each day of the month."""
    rows = Usage.objects.filter(
        wanted.condition, span=Span.DAY, starts_on__gte=wanted.month,
        starts_on__lte=wanted.last_day,
    )  # fmt: skip
    number = (wanted.last_day - wanted.month).days + 1
    found = {wanted.month + timedelta(days=n): Calls() for n in range(number)}
    counted = rows.order_by().values_list("starts_on", "status", "billable")
    for day, status, billable, calls in counted.annotate(total=Sum("calls")):
        found[day] += calls_of(status, billable, calls)
    return found


def total(found: Iterable[Calls]) -> Calls:
    return sum(found, Calls())


def counted_in_log(wanted: Wanted) -> Calls:
    """The same from the log itself: what the counts are tied out against. Reads every row."""
    rows = CallLog.objects.filter(
        wanted.condition, at__gte=midnight(wanted.month), at__lt=midnight(later(wanted.month, 1))
    )
    counted = rows.order_by().values_list("status", "billable").annotate(total=Count("pk"))
    return total(calls_of(*row) for row in counted)


def months_until(last: date, number: int) -> list[date]:
    """The newest first."""
    return [later(last.replace(day=1), -back) for back in range(number)]


def calls_of(status: int, billable: bool, calls: int) -> Calls:
    paid = calls if billable else 0
    if status >= 500 or not status:
        return Calls(failed=calls, billable=paid)
    if status >= 400:
        return Calls(refused=calls, billable=paid)
    return Calls(answered=calls, billable=paid)


def _month(wanted: Wanted) -> QuerySet[Usage]:
    return Usage.objects.filter(wanted.condition, span=Span.MONTH, starts_on=wanted.month)
