"""Days of Shanghai, from midnight to midnight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from coupons.terms.reading import SHANGHAI

ONE = timedelta(days=1)


class Span(NamedTuple):
    """From ``start`` on, before ``end``; None = without end."""

    start: datetime | None
    end: datetime | None


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def end_of(day: date) -> datetime:
    return start_of(day + ONE)


def day_of(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def days_between(first: date, last: date) -> Iterator[date]:
    """Both included."""
    while first <= last:
        yield first
        first += ONE


def spans_outside(days: Iterable[date]) -> list[Span]:
    """All of time that is in none of these days, in order."""
    spans: list[Span] = []
    start: datetime | None = None
    for day in sorted(set(days)):
        if start is None or start < start_of(day):
            spans.append(Span(start, start_of(day)))
        start = end_of(day)
    return [*spans, Span(start, None)]
