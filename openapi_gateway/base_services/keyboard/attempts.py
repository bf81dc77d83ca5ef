"""The retry cap of one account and day: an attempt is claimed in the database before the core is
asked, and given back when the PIN was right or never reached it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F

from openapi_gateway.base_services.keyboard.models import PinAttempts

PER_DAY = 5
SHANGHAI = ZoneInfo("Asia/Shanghai")

_CLAIM = """
    INSERT INTO public.gateway_keyboard_pinattempts AS held
        (bank_id, environment, account, day, used)
    VALUES (%s, %s, %s, %s, 1)
    ON CONFLICT (bank_id, environment, account, day)
    DO UPDATE SET used = held.used + 1 WHERE held.used < %s
    RETURNING used
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    bank_id: int
    environment: str
    account: UUID
    at: datetime

    @property
    def day(self) -> date:
        return self.at.astimezone(SHANGHAI).date()


def claim(attempt: Attempt) -> int | None:
    """How many of the day are used with this one; None = none was left."""
    whose = (attempt.bank_id, attempt.environment, attempt.account, attempt.day)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [*whose, PER_DAY])
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def give_back(attempt: Attempt) -> None:
    PinAttempts.objects.filter(
        bank_id=attempt.bank_id, environment=attempt.environment, account=attempt.account,
        day=attempt.day, used__gt=0,
    ).update(used=F("used") - 1)  # fmt: skip


def next_day(at: datetime) -> datetime:
    day = at.astimezone(SHANGHAI).date() + timedelta(days=1)
    return datetime.combine(day, time(), SHANGHAI)
