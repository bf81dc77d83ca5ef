"""Outcomes by day, for the chart of the consoles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from openapi_gateway.base_services.liveness.caps import SHANGHAI, day_of
from openapi_gateway.base_services.liveness.choices import EXPIRED, SessionState

DAYS = 14
# In the order of the chart's stack.
SHOWN = (SessionState.PASSED, SessionState.FAILED, SessionState.UNCERTAIN)
OTHER = "other"


@dataclass(slots=True)
class Day:
    day: date
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def passed(self) -> int:
        return self.counts.get(SessionState.PASSED, 0)

    @property
    def failed(self) -> int:
        return self.counts.get(SessionState.FAILED, 0)

    @property
    def uncertain(self) -> int:
        return self.counts.get(SessionState.UNCERTAIN, 0)

    @property
    def other(self) -> int:
        """Expired, deleted, or still open."""
        return self.total - self.passed - self.failed - self.uncertain


def outcomes_by_day(sessions: QuerySet, at: datetime) -> list[Day]:
    """Of the last two weeks, the oldest first; days without sessions are among them."""
    last = day_of(at)
    days = {first: Day(first) for first in (last - timedelta(days=n) for n in range(DAYS))}
    since = datetime.combine(min(days), time(), SHANGHAI)
    rows = (
        sessions.filter(created_at__gte=since)
        .order_by()
        .with_state_at(at)  # type: ignore[attr-defined]
        .annotate(day=TruncDate("created_at", tzinfo=SHANGHAI))
        .values("day", "state_now")
        .annotate(found=Count("pk"))
    )
    for row in rows:
        if row["day"] in days:
            days[row["day"]].counts[row["state_now"]] = row["found"]
    return [days[day] for day in sorted(days)]


def total(days: list[Day]) -> Day:
    summed: dict[str, int] = {}
    for day in days:
        for state, found in day.counts.items():
            summed[state] = summed.get(state, 0) + found
    return Day(days[-1].day, summed)


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "—"


def expired_of(day: Day) -> int:
    return day.counts.get(EXPIRED, 0)
