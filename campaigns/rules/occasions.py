"""What the conditions of a rule look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from customers.facts import NOBODY, Facts
from customers.weeks import SHANGHAI


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of a customer. The default: one whom the bank has not imported."""

    facts: Facts = NOBODY
    opened_on: date | None = None


STRANGER = Subject()


@dataclass(frozen=True, slots=True)
class Occasion:
    """One event of one customer, in Shanghai's calendar."""

    kind: str
    amount_cents: int
    scene: str
    subject: Subject
    day: date
    # 1 = Monday.
    weekday: int
    # Of the day.
    minute: int


def occasion_of(
    kind: str, occurred_at: datetime, amount_cents: int, scene: str, subject: Subject
) -> Occasion:
    local = occurred_at.astimezone(SHANGHAI)
    return Occasion(
        kind=kind,
        amount_cents=amount_cents,
        scene=scene,
        subject=subject,
        day=local.date(),
        weekday=local.isoweekday(),
        minute=local.hour * 60 + local.minute,
    )
