"""Figures of one campaign by day and by branch, as they were counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum

from campaigns.models import DayFigure
from operators.models import Branch

# Days of the chart and the table when nothing else is asked for, and at most.
USUAL_DAYS, MOST_DAYS = 30, 400


@dataclass(frozen=True, slots=True)
class Counts:
    """Fields as in ``DayFigure``."""

    visits: int = 0
    participations: int = 0
    refusals: int = 0
    reversals: int = 0
    claims: int = 0
    redemptions: int = 0
    committed_cents: int = 0
    redeemed_cents: int = 0
    province_cents: int = 0
    bank_cents: int = 0
    merchant_cents: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) - getattr(other, name) for name in NAMES))


NAMES = [each.name for each in fields(Counts)]
_SUMS = {name: Sum(name, default=0) for name in NAMES}


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    counts: Counts


@dataclass(frozen=True, slots=True)
class OfBranch:
    path: str
    name: str
    counts: Counts


def figures_of(campaign_id: int, *, branch_path: str = "") -> QuerySet:
    """``branch_path``: confined to customers of that subtree."""
    found = DayFigure.objects.filter(campaign=campaign_id).order_by()
    return found.filter(branch_path__startswith=branch_path) if branch_path else found


def total(parts: Iterable[Day] | Iterable[OfBranch]) -> Counts:
    """Of all branches, that is of everything; of days, of those shown."""
    return sum((each.counts for each in parts), Counts())


def by_day(figures: QuerySet, *, last: date, days: int = USUAL_DAYS) -> list[Day]:
    """One entry for each day, the newest first, also where nothing happened."""
    first = last - timedelta(days=days - 1)
    found = {
        row.pop("day"): Counts(**row)
        for row in figures.filter(day__range=(first, last)).values("day").annotate(**_SUMS)
    }
    wanted = [last - timedelta(days=number) for number in range(days)]
    return [Day(day, found.get(day, Counts())) for day in wanted]


def by_branch(figures: QuerySet) -> list[OfBranch]:
    """The largest first; customers of no branch under an empty name."""
    names: dict[str, str] = dict(Branch.objects.order_by().values_list("path", "name"))
    rows = _each(figures.values("branch_path").annotate(**_SUMS))
    found = [OfBranch(path, names.get(path, path), counts) for path, counts in rows]
    return sorted(found, key=lambda each: (-each.counts.participations, each.path))


def _each(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[str, Counts]]:
    for row in rows:
        path = row.pop("branch_path")
        yield path, Counts(**row)
