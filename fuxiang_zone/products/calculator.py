"""What a deposit earns, exactly. Pure.

As Chinese banks reckon it: simple interest; whole years and months at twelfths of the annual rate,
whatever days they have; odd days at 1/360 of it. Everything is a fraction until the end, then
rounded once, half up, to the cent. A deposit begun on the 31st is due on the last day of a shorter
month. Taken out early, an amount earns the rate of current deposits for the days that it lay, at
1/360 each; what stays goes on at its own rate.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from fuxiang_zone.choices import TermUnit
from fuxiang_zone.products.rates import Tier, rate_for

DAYS_OF_YEAR = 360


@dataclass(frozen=True, slots=True)
class Quote:
    """Of a term held to its end."""

    amount_cents: int
    rate: Decimal
    interest_cents: int

    @property
    def total_cents(self) -> int:
        return self.amount_cents + self.interest_cents


@dataclass(frozen=True, slots=True)
class EarlyQuote:
    """Of an amount taken out before the end, and of what it gives up by that."""

    withdrawn_cents: int
    days: int
    interest_cents: int
    forgone_cents: int


def quote(tiers: Sequence[Tier], amount_cents: int, term: int, unit: str) -> Quote | None:
    """None: the table has no rate for this amount and term."""
    tier = rate_for(tiers, amount_cents, term, unit)
    if tier is None:
        return None
    return Quote(amount_cents, tier.rate, term_interest(amount_cents, tier.rate, term, unit))


def term_interest(amount_cents: int, rate: Decimal, term: int, unit: str) -> int:
    """Cents; ``rate`` in percent a year."""
    return to_cents(_earned(amount_cents, rate) * years_of(term, unit))


def years_of(term: int, unit: str) -> Fraction:
    if unit == TermUnit.DAY:
        return Fraction(term, DAYS_OF_YEAR)
    return Fraction(term, 12) if unit == TermUnit.MONTH else Fraction(term)


def held_interest(amount_cents: int, rate: Decimal, begun: date, ended: date) -> int:
    """Between two days: whole months from the day it began on, and the days left over."""
    months, days = months_and_days(begun, ended)
    return to_cents(
        _earned(amount_cents, rate) * (Fraction(months, 12) + Fraction(days, DAYS_OF_YEAR))
    )


def early_withdrawal(
    amount_cents: int, rate: Decimal, current_rate: Decimal, begun: date, taken: date, due: date
) -> EarlyQuote:
    """``amount_cents`` of a deposit that would be due on ``due``, taken out on ``taken``: all of it
    or a part. From the due day on nothing is early. Raises ValueError when the days are out of
    order."""
    if not begun <= taken or not begun < due:
        raise ValueError("the days are out of order")
    whole = held_interest(amount_cents, rate, begun, due)
    days = (taken - begun).days
    if taken >= due:
        late = _earned(amount_cents, current_rate) * Fraction((taken - due).days, DAYS_OF_YEAR)
        return EarlyQuote(amount_cents, days, whole + to_cents(late), 0)
    earned = to_cents(_earned(amount_cents, current_rate) * Fraction(days, DAYS_OF_YEAR))
    return EarlyQuote(amount_cents, days, earned, max(0, whole - earned))


def due_on(begun: date, term: int, unit: str) -> date:
    if unit == TermUnit.DAY:
        return begun + timedelta(days=term)
    return _months_later(begun, term * 12 if unit == TermUnit.YEAR else term)


def months_and_days(begun: date, ended: date) -> tuple[int, int]:
    """Raises ValueError when it ends before it begins."""
    if ended < begun:
        raise ValueError("the days are out of order")
    months = (ended.year - begun.year) * 12 + ended.month - begun.month
    if _months_later(begun, months) > ended:
        months -= 1
    return months, (ended - _months_later(begun, months)).days


def to_cents(exact: Fraction) -> int:
    """Half up; nothing here is below zero."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def _earned(amount_cents: int, rate: Decimal) -> Fraction:
    """In a year."""
    return amount_cents * Fraction(rate) / 100


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
