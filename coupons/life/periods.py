"""The periods of limits, in Shanghai's calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from coupons.choices import LimitPeriod
from coupons.terms.reading import SHANGHAI


def first_day(period: str, at: datetime) -> date | None:
    """Of the period that ``at`` lies in; None = lifetime."""
    day = at.astimezone(SHANGHAI).date()
    if period == LimitPeriod.DAY:
        return day
    if period == LimitPeriod.WEEK:
        return day - timedelta(days=day.weekday())
    if period == LimitPeriod.MONTH:
        return day.replace(day=1)
    return None


def next_period(period: str, at: datetime) -> date | None:
    """First day of the next one; None = there is none."""
    first = first_day(period, at)
    if first is None:
        return None
    if period == LimitPeriod.DAY:
        return first + timedelta(days=1)
    if period == LimitPeriod.WEEK:
        return first + timedelta(weeks=1)
    return (first + timedelta(days=32)).replace(day=1)
