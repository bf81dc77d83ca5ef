"""What the clock lets through, worked out once for a stretch of time and not for each request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from customers.weeks import SHANGHAI
from mobile.feed.matching import bits_of

if TYPE_CHECKING:
    from mobile.feed.items import Item


@dataclass(frozen=True, slots=True)
class Moment:
    """From ``first`` until ``end`` (seconds since the epoch) nothing comes, goes or opens."""

    first: float
    end: float
    # Shanghai's date, and its year.
    day: str
    year: int
    live: int
    # What customers on the trial list see besides.
    on_trial: int

    def holds(self, at: float) -> bool:
        return self.first <= at < self.end


def moment_at(items: Sequence[Item], others: Iterable[float], at: float) -> Moment:
    """``others``: further times at which something changes, such as a festival's first day."""
    local = datetime.fromtimestamp(at, SHANGHAI)
    weekday, minute = local.isoweekday(), local.hour * 60 + local.minute
    live: list[int] = []
    on_trial: list[int] = []
    for number, item in enumerate(items):
        if item.trial_starts <= at < item.ends and item.is_open(weekday, minute):
            (live if item.starts <= at else on_trial).append(number)
    return Moment(
        first=at,
        end=min(each for each in _edges(items, others, local, at) if each > at),
        day=local.date().isoformat(),
        year=local.year,
        live=bits_of(live),
        on_trial=bits_of(on_trial),
    )


def _edges(
    items: Sequence[Item], others: Iterable[float], local: datetime, at: float
) -> Iterator[float]:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    # Shanghai has kept one offset since 1991: days have 24 hours.
    yield (midnight + timedelta(days=1)).timestamp()
    yield from others
    minutes: set[int] = set()
    for item in items:
        yield from (item.starts, item.trial_starts, item.ends)
        for window in item.windows:
            minutes |= {window.first, window.end}
    for minute in minutes:
        yield midnight.timestamp() + 60 * minute
