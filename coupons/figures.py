"""Claims and redemptions by day: closed days from their totals, the others from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from coupons.choices import LedgerAction
from coupons.models import DayTotal, LedgerEntry, Reconciliation
from coupons.terms.reading import SHANGHAI

DAYS = 30
_GIVEN = (LedgerAction.CLAIM, LedgerAction.GRANT)
COUNTED = (*_GIVEN, LedgerAction.REDEEM, LedgerAction.REVERSE)


@dataclass(frozen=True, slots=True)
class Figures:
    """Coupons, and cents: the face value of what was claimed, what redemptions cost and what
    reversals brought back."""

    claimed: int = 0
    redeemed: int = 0
    reversed: int = 0
    claimed_cents: int = 0
    spent_cents: int = 0
    returned_cents: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    @property
    def net_cents(self) -> int:
        return self.spent_cents - self.returned_cents


_NAMES = [each.name for each in fields(Figures)]


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose figures: ``branch_path`` is where coupons were given and used, empty = anywhere."""

    template_id: int | None = None
    batch_id: int | None = None
    branch_path: str = ""

    @property
    def condition(self) -> Q:
        found = Q(action__in=COUNTED)
        if self.template_id is not None:
            found &= Q(template_id=self.template_id)
        if self.batch_id is not None:
            found &= Q(batch_id=self.batch_id)
        if self.branch_path:
            found &= Q(branch_path__startswith=self.branch_path)
        return found


def figures_by_day(subject: Subject, *, last: date, days: int = DAYS) -> list[Day]:
    """One entry for each day, the newest first, also where nothing happened."""
    wanted = [last - timedelta(days=number) for number in range(days)]
    closed = set(Reconciliation.objects.filter(day__in=wanted).values_list("day", flat=True))
    found: dict[date, Figures] = {}
    open_days = [day for day in wanted if day not in closed]
    for rows in (_of_closed_days(subject, closed), _of_ledger(subject, open_days)):
        for day, figures in rows:
            found[day] = found.get(day, Figures()) + figures
    return [Day(day, found.get(day, Figures())) for day in wanted]


def total(days: Iterable[Day]) -> Figures:
    return sum((each.figures for each in days), Figures())


def figures_by_template(*, branch_path: str, last: date, days: int = DAYS) -> dict[int, Figures]:
    """Of all templates with something to count."""
    wanted = [last - timedelta(days=number) for number in range(days)]
    closed = set(Reconciliation.objects.filter(day__in=wanted).values_list("day", flat=True))
    condition = Subject(branch_path=branch_path).condition
    found: dict[int, Figures] = {}
    totals = DayTotal.objects.filter(condition, day__in=closed)
    entries = LedgerEntry.objects.filter(
        condition, *_spans([day for day in wanted if day not in closed])
    )
    for rows in (totals, entries):
        for row in _summed(rows, "template_id"):
            found[row["template_id"]] = found.get(row["template_id"], Figures()) + _figures(row)
    return found


def today() -> date:
    return datetime.now(SHANGHAI).date()


def _of_closed_days(subject: Subject, days: set[date]) -> Iterator[tuple[date, Figures]]:
    rows = DayTotal.objects.filter(subject.condition, day__in=days)
    return ((row["day"], _figures(row)) for row in _summed(rows, "day"))


def _of_ledger(subject: Subject, days: list[date]) -> Iterator[tuple[date, Figures]]:
    rows = LedgerEntry.objects.filter(subject.condition, *_spans(days))
    rows = rows.annotate(on=TruncDate("at", tzinfo=SHANGHAI))
    return ((row["on"], _figures(row)) for row in _summed(rows, "on"))


def _spans(days: list[date]) -> list[Q]:
    """Days that follow each other are read as one stretch of the index."""
    found = Q(pk__in=[])
    for first, last in _stretches(sorted(days)):
        found |= Q(at__gte=_midnight(first), at__lt=_midnight(last + timedelta(days=1)))
    return [found]


def _stretches(days: list[date]) -> Iterator[tuple[date, date]]:
    first = None
    for number, day in enumerate(days):
        first = first or day
        if number + 1 == len(days) or days[number + 1] != day + timedelta(days=1):
            yield first, day
            first = None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _summed(rows: QuerySet, by: str) -> QuerySet:
    return (
        rows.order_by()
        .values(by, "action")
        .annotate(coupons=Sum("count"), faces=Sum("face_cents"), spent=Sum("spent_cents"))
    )


def _figures(row: dict[str, Any]) -> Figures:
    action, coupons = row["action"], row["coupons"] or 0
    if action in _GIVEN:
        return Figures(claimed=coupons, claimed_cents=row["faces"] or 0)
    if action == LedgerAction.REDEEM:
        return Figures(redeemed=coupons, spent_cents=row["spent"] or 0)
    return Figures(reversed=coupons, returned_cents=-(row["spent"] or 0))
