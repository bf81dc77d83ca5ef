"""The monthly partitions of the call log, in Shanghai. All of it lies in the public schema.

A partition is attached to its table, not created as a part of it: attaching lets the drain go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tenants.locks import take_for_transaction

SHANGHAI = ZoneInfo("Asia/Shanghai")
TABLE = "gateway_metering_calllog"
# Beside the current one; the law asks for six.
FEWEST_MONTHS = 6
_NAME = re.compile(rf"{TABLE}_y(\d{{4}})m(\d{{2}})")
_known: set[date] = set()

_PARTITIONS = """
    SELECT part.relname FROM pg_catalog.pg_inherits AS link
    JOIN pg_catalog.pg_class AS part ON part.oid = link.inhrelid
    WHERE link.inhparent = %s::regclass
"""


def day_of(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def month_of(at: datetime) -> date:
    """Its first day."""
    return day_of(at).replace(day=1)


def later(month: date, months: int) -> date:
    """Negative = earlier."""
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def first_kept_month(at: datetime) -> date:
    return later(month_of(at), -max(FEWEST_MONTHS, settings.CALL_LOG_MONTHS))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def name_of(month: date) -> str:
    return f"{TABLE}_y{month:%Y}m{month:%m}"


def make_months(months: Iterable[date]) -> list[str]:
    """Makes the partitions of these months that there are not; their names. Any number of
    processes may do so at once."""
    wanted = {month for month in months if month not in _known}
    if not wanted:
        return []
    made = [name_of(month) for month in sorted(wanted - set(partitions())) if _make(month)]
    # What an outer transaction may still take back is not remembered.
    if not connection.in_atomic_block:
        # Nor what another process may drop.
        kept = first_kept_month(timezone.now())
        _known.update(month for month in wanted if month >= kept)
    return made


def partitions() -> list[date]:
    """Months that have a partition, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [_quoted(TABLE)])
        names = [_NAME.fullmatch(name) for (name,) in cursor.fetchall()]
    return sorted(date(int(found[1]), int(found[2]), 1) for found in names if found)


def drop_months_before(month: date) -> list[str]:
    """Each in a transaction of its own; waits for nobody for long, the next run comes back."""
    dropped = []
    for old in partitions():
        if old >= month:
            break
        _known.discard(old)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")
            cursor.execute(f"DROP TABLE IF EXISTS {_quoted(name_of(old))}")
        dropped.append(name_of(old))
    return dropped


def forget() -> None:
    """For tests, whose rolled-back transactions take partitions back."""
    _known.clear()


def _make(month: date) -> bool:
    parent, part = _quoted(TABLE), _quoted(name_of(month))
    bounds = [midnight(month), midnight(later(month, 1))]
    with transaction.atomic():
        take_for_transaction(f"public.{name_of(month)}")
        if month in partitions():
            return False
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {part} (LIKE {parent} INCLUDING ALL)")
            cursor.execute(
                f"ALTER TABLE {parent} ATTACH PARTITION {part} FOR VALUES FROM (%s) TO (%s)",
                bounds,
            )
    return True


def _quoted(name: str) -> str:
    return f'public."{name}"'
