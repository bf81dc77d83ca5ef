"""The weekly partitions of touchpoints, Monday to Monday in Shanghai, of the current bank.

A partition is attached to its table, not created as a part of it: attaching lets intake go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audit.context import current_schema
from tenants.locks import take_for_transaction

SHANGHAI = ZoneInfo("Asia/Shanghai")
TABLE = "customers_touchpoint"
KEYS_AT_ONCE = 5_000
_NAME = re.compile(rf"{TABLE}_y(\d{{4}})w(\d{{2}})")
# Weeks that this process knows to have a partition, by schema and bank: a schema that was dropped
# and made again is another bank's.
_known: set[tuple[str, object, date]] = set()

_PARTITIONS = """
    SELECT part.relname FROM pg_catalog.pg_inherits AS link
    JOIN pg_catalog.pg_class AS part ON part.oid = link.inhrelid
    WHERE link.inhparent = %s::regclass
"""
_FORGET = """
    DELETE FROM {keys} WHERE event_id IN (
        SELECT event_id FROM {keys} WHERE week < %s ORDER BY week, event_id LIMIT %s
    )
"""


def day_of(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def week_of(at: datetime) -> date:
    """Its Monday."""
    day = day_of(at)
    return day - timedelta(days=day.weekday())


def first_kept_week(at: datetime) -> date:
    return week_of(at) - timedelta(weeks=settings.TOUCHPOINT_WEEKS)


def name_of(week: date) -> str:
    year, number, _day = week.isocalendar()
    return f"{TABLE}_y{year:04d}w{number:02d}"


def make_weeks(weeks: Iterable[date]) -> list[str]:
    """Makes the partitions of these Mondays' weeks that there are not; their names.

    Any number of processes may do so at once.
    """
    wanted = {week for week in weeks if _key(week) not in _known}
    if not wanted:
        return []
    present = set(partitions())
    made = [name_of(week) for week in sorted(wanted - present) if _make(week)]
    # What an outer transaction may still take back is not remembered.
    if not connection.in_atomic_block:
        # Nor what another process may drop.
        kept = first_kept_week(timezone.now())
        _known.update(_key(week) for week in wanted if week >= kept)
    return made


def partitions() -> list[date]:
    """Mondays of the weeks that have a partition, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [_quoted(TABLE)])
        names = [_NAME.fullmatch(name) for (name,) in cursor.fetchall()]
    return sorted(date.fromisocalendar(int(n[1]), int(n[2]), 1) for n in names if n)


def drop_weeks_before(week: date) -> list[str]:
    """Each in a transaction of its own; waits for nobody for long, the next run comes back."""
    dropped = []
    for old in partitions():
        if old >= week:
            break
        _known.discard(_key(old))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")
            cursor.execute(f"DROP TABLE IF EXISTS {_quoted(name_of(old))}")
        dropped.append(name_of(old))
    return dropped


def forget_keys_before(week: date) -> int:
    """Keys go in batches, so that no lock is held for long."""
    statement = _FORGET.format(keys=_quoted("customers_touchpointkey"))
    forgotten = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [week, KEYS_AT_ONCE])
            forgotten += cursor.rowcount
            if cursor.rowcount < KEYS_AT_ONCE:
                return forgotten


def _make(week: date) -> bool:
    parent, part = _quoted(TABLE), _quoted(name_of(week))
    bounds = [_midnight(week), _midnight(week + timedelta(weeks=1))]
    with transaction.atomic():
        take_for_transaction(f"{current_schema()}.{name_of(week)}")
        if week in partitions():
            return False
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {part} (LIKE {parent} INCLUDING ALL)")
            cursor.execute(
                f"ALTER TABLE {parent} ATTACH PARTITION {part} FOR VALUES FROM (%s) TO (%s)",
                bounds,
            )
    return True


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _key(week: date) -> tuple[str, object, date]:
    return current_schema(), getattr(connection.tenant, "pk", None), week


def _quoted(name: str) -> str:
    quote = connection.ops.quote_name
    return f"{quote(current_schema())}.{quote(name)}"
