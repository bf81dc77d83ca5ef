"""Taking in what customers did: each event once, counted as it comes in.

Locks are taken in one order everywhere (keys, show counters, first touches, days, each sorted), so
that batches never wait for each other in a circle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from audit.context import current_schema
from customers.changes import customers_changed
from customers.choices import ItemKind, TouchpointKind
from customers.models import ItemDay
from customers.weeks import day_of, make_weeks, week_of

_TAKE_IN = """
    WITH event AS (
        SELECT * FROM unnest(
            %s::uuid[], %s::date[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::int[],
            %s::text[], %s::timestamptz[]
        ) AS event (
            event_id, week, customer_number, kind, item_kind, item_uid, item_version, placement,
            occurred_at
        )
    ), fresh AS (
        INSERT INTO {schema}.customers_touchpointkey (event_id, week)
        SELECT event_id, week FROM event ORDER BY event_id
        ON CONFLICT DO NOTHING
        RETURNING event_id
    )
    INSERT INTO {schema}.customers_touchpoint (
        event_id, customer_number, kind, item_kind, item_uid, item_version, placement, occurred_at,
        received_at, reported_by
    )
    SELECT event_id, customer_number, kind, item_kind, item_uid, item_version, placement,
        occurred_at, %s, %s
    FROM event JOIN fresh USING (event_id)
    RETURNING event_id
"""
_COUNT_SHOWS = """
    INSERT INTO {schema}.customers_showcounter AS held
        (customer_number, subject, lifetime, day, today)
    SELECT customer_number, subject, lifetime, day, today
    FROM unnest(%s::text[], %s::text[], %s::int[], %s::date[], %s::int[])
        AS batch (customer_number, subject, lifetime, day, today)
    ORDER BY customer_number, subject
    ON CONFLICT (customer_number, subject) DO UPDATE SET
        lifetime = held.lifetime + EXCLUDED.lifetime,
        today = CASE WHEN EXCLUDED.day > held.day THEN EXCLUDED.today
                     WHEN EXCLUDED.day = held.day THEN held.today + EXCLUDED.today
                     ELSE held.today END,
        day = GREATEST(held.day, EXCLUDED.day)
    RETURNING customer_number, subject, lifetime
"""
_FIRST_TOUCHES = """
    INSERT INTO {schema}.customers_firsttouch (customer_number, item_uid, kind)
    SELECT customer_number, item_uid, kind
    FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS batch (customer_number, item_uid, kind)
    ORDER BY customer_number, item_uid, kind
    ON CONFLICT (customer_number, item_uid, kind) DO NOTHING
    RETURNING customer_number, item_uid, kind
"""
_COUNT_DAYS = """
    INSERT INTO {schema}.customers_itemday AS held (item_uid, day, kind, count, first_time)
    SELECT item_uid, day, kind, count, first_time
    FROM unnest(%s::uuid[], %s::date[], %s::text[], %s::bigint[], %s::bigint[])
        AS batch (item_uid, day, kind, count, first_time)
    ORDER BY item_uid, day, kind
    ON CONFLICT (item_uid, day, kind) DO UPDATE SET
        count = held.count + EXCLUDED.count,
        first_time = held.first_time + EXCLUDED.first_time
"""


@dataclass(frozen=True, slots=True)
class Event:
    event_id: UUID
    customer_number: str
    kind: str
    item_kind: str
    item_uid: UUID
    # Aware.
    occurred_at: datetime
    # Of the publication that was shown; 0 = not told.
    item_version: int = 0
    placement: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    accepted: int
    duplicates: int


class Pair(NamedTuple):
    """A customer's touchpoints of one kind with one item."""

    customer_number: str
    item_uid: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class DayFigures:
    day: date
    shows: int = 0
    touches: int = 0
    closes: int = 0
    # Customers who saw it for the first time.
    reach: int = 0


def take_in(events: Sequence[Event], *, reported_by: str, at: datetime) -> Taken:
    """All of them or, when something fails, none; those taken in before change nothing.

    ``reported_by`` is a system's name; empty = the customer's own app.
    """
    unique = list({event.event_id: event for event in reversed(events)}.values())
    if not unique:
        return Taken(0, 0)
    make_weeks({week_of(event.occurred_at) for event in unique})
    with transaction.atomic():
        fresh = _insert(unique, reported_by, at)
        if fresh:
            _count_days(fresh, _count_shows(fresh) | _first_touches(fresh))
            customers_changed({event.customer_number for event in fresh})
    return Taken(len(fresh), len(events) - len(fresh))


def figures_of(item_uid: UUID, days: int = 30, at: datetime | None = None) -> list[DayFigures]:
    """Day by day up to today, the days without a touchpoint included."""
    today = day_of(at or timezone.now())
    first = today - timedelta(days=days - 1)
    rows: dict[date, dict[str, ItemDay]] = defaultdict(dict)
    for row in ItemDay.objects.filter(item_uid=item_uid, day__gte=first, day__lte=today):
        rows[row.day][row.kind] = row
    return [_figures(day, rows[day]) for day in (first + timedelta(n) for n in range(days))]


def _figures(day: date, rows: dict[str, ItemDay]) -> DayFigures:
    counts = {kind: rows[kind].count if kind in rows else 0 for kind in TouchpointKind.values}
    shown = rows.get(TouchpointKind.IMPRESSION)
    return DayFigures(
        day=day,
        shows=counts[TouchpointKind.IMPRESSION],
        touches=counts[TouchpointKind.CLICK],
        closes=counts[TouchpointKind.CLOSE],
        reach=shown.first_time if shown else 0,
    )


def _insert(events: Sequence[Event], reported_by: str, at: datetime) -> list[Event]:
    """The events that were not known."""
    columns = [
        [event.event_id for event in events],
        [week_of(event.occurred_at) for event in events],
        [event.customer_number for event in events],
        [event.kind for event in events],
        [event.item_kind for event in events],
        [event.item_uid for event in events],
        [event.item_version for event in events],
        [event.placement for event in events],
        [event.occurred_at for event in events],
    ]
    ids = {row[0] for row in _run(_TAKE_IN, [*columns, at, reported_by])}
    return [event for event in events if event.event_id in ids]


def _count_shows(fresh: Iterable[Event]) -> set[Pair]:
    """Adds to the counters of the frequency caps; who saw an item for the first time."""
    days: dict[tuple[str, str], Counter[date]] = defaultdict(Counter)
    for event in fresh:
        if event.kind == TouchpointKind.IMPRESSION:
            for subject in _subjects(event):
                days[event.customer_number, subject][day_of(event.occurred_at)] += 1
    rows = [
        (number, subject, counts.total(), max(counts), counts[max(counts)])
        for (number, subject), counts in days.items()
    ]
    counted = _run(_COUNT_SHOWS, _columns(rows)) if rows else []
    return {
        Pair(number, UUID(subject), TouchpointKind.IMPRESSION)
        for number, subject, lifetime in counted
        # All there is comes from this batch.
        if lifetime == days[number, subject].total() and not subject.startswith("placement:")
    }


def _subjects(event: Event) -> Iterable[str]:
    yield str(event.item_uid)
    # Caps of a placement are of its ads.
    if event.placement and event.item_kind == ItemKind.AD:
        yield f"placement:{event.placement}"


def _first_touches(fresh: Iterable[Event]) -> set[Pair]:
    pairs = {_pair(event) for event in fresh if event.kind != TouchpointKind.IMPRESSION}
    return {Pair(*row) for row in _run(_FIRST_TOUCHES, _columns(pairs))} if pairs else set()


def _count_days(fresh: Sequence[Event], first: set[Pair]) -> None:
    counts: Counter[tuple[UUID, date, str]] = Counter()
    earliest: dict[Pair, date] = {}
    for event in fresh:
        day, pair = day_of(event.occurred_at), _pair(event)
        counts[event.item_uid, day, event.kind] += 1
        earliest[pair] = min(day, earliest.get(pair, day))
    firsts = Counter((pair.item_uid, earliest[pair], pair.kind) for pair in first)
    _run(_COUNT_DAYS, _columns((*key, count, firsts[key]) for key, count in counts.items()))


def _pair(event: Event) -> Pair:
    return Pair(event.customer_number, event.item_uid, str(event.kind))


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _run(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    schema = connection.ops.quote_name(current_schema())
    with connection.cursor() as cursor:
        cursor.execute(statement.format(schema=schema), parameters)
        return cursor.fetchall() if cursor.description else []
