"""Which rate no bank may exceed for a term."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fuxiang_zone.choices import TermUnit
from fuxiang_zone.products.wording import percent

# To compare terms of different units, by the year of 360 days in which deposits are reckoned.
_DAYS = {TermUnit.DAY: 1, TermUnit.MONTH: 30, TermUnit.YEAR: 360}


@dataclass(frozen=True, slots=True)
class Cap:
    term: int
    unit: TermUnit
    # Percent a year.
    rate: Decimal
    from_date: date

    @property
    def shown(self) -> str:
        return percent(self.rate)


def days_of(term: int, unit: str) -> int:
    return term * _DAYS[TermUnit(unit)]


def cap_for(caps: Iterable[Cap], term: int, unit: str, on: date) -> Cap | None:
    """Of the longest capped term that is not longer; shorter than all, of the shortest: no odd
    term slips between two caps. ``None`` when the type has no caps on that day."""
    wanted = days_of(term, unit)
    current: dict[int, Cap] = {}
    for cap in sorted((each for each in caps if each.from_date <= on), key=_begins):
        current[days_of(cap.term, cap.unit)] = cap
    if not current:
        return None
    within = [days for days in current if days <= wanted]
    return current[max(within) if within else min(current)]


def _begins(cap: Cap) -> tuple[date, Decimal]:
    """Of two that begin on one day, as twelve months and one year may, the lower one holds."""
    return cap.from_date, -cap.rate
