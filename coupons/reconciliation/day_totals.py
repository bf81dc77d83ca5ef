"""The ledger, added up: closed days once and for all, the rest as it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Min

from coupons.choices import CouponState
from coupons.models import DayTotal, LedgerEntry, Reconciliation
from coupons.reconciliation.days import Span, end_of, spans_outside, start_of
from coupons.stock.ledgers import run

AMOUNTS = (
    "count", "face_cents", "accrued_cents", "spent_cents", "province_cents", "bank_cents",
    "merchant_cents",
)  # fmt: skip
_KEYS = ("template_id", "batch_id", "branch_path", "action", "from_state", "to_state")
_TABLES = {"totals": DayTotal, "ledger": LedgerEntry}
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in AMOUNTS)
_PLAIN = ", ".join(AMOUNTS)

_REBUILD = f"""
    INSERT INTO {{totals}} (day, {", ".join(_KEYS)}, {_PLAIN})
    SELECT %(day)s, {", ".join(_KEYS)}, {_SUMS} FROM {{ledger}}
    WHERE at >= %(start)s AND at < %(end)s GROUP BY {", ".join(_KEYS)}
"""  # noqa: S608  our own names
_CLOSED = f"""
    SELECT batch_id, template_id, from_state, to_state, day > %(day)s AS is_later, {_PLAIN}
    FROM {{totals}} WHERE day = ANY(%(days)s)
"""  # noqa: S608
_OPEN = f"""
    SELECT batch_id, template_id, from_state, to_state, at >= %(end)s AS is_later, {_PLAIN}
    FROM {{ledger}} WHERE {{condition}}
"""  # noqa: S608
_SUM_UP = f"""
    SELECT batch_id, template_id, from_state, to_state, is_later, {_SUMS}
    FROM ({{rows}}) AS rows GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608
_DIFFERENT = f"""
    SELECT day, batch_id,
        {", ".join(f"coalesce(sum({name}) FILTER (WHERE NOT is_now), 0)" for name in AMOUNTS)},
        {", ".join(f"coalesce(sum({name}) FILTER (WHERE is_now), 0)" for name in AMOUNTS)}
    FROM (
        SELECT day, false AS is_now, -1 AS sign, {", ".join(_KEYS)}, {_PLAIN}
        FROM {{totals}} WHERE day = ANY(%(days)s)
        UNION ALL
        SELECT (at AT TIME ZONE 'Asia/Shanghai')::date AS day, true, 1, {", ".join(_KEYS)}, {_PLAIN}
        FROM {{ledger}} WHERE at >= %(start)s AND at < %(end)s
    ) AS rows
    WHERE day = ANY(%(days)s)
    GROUP BY day, {", ".join(_KEYS)}
    HAVING {" OR ".join(f"sum(sign * {name}) <> 0" for name in AMOUNTS)}
    ORDER BY day, batch_id
"""  # noqa: S608


@dataclass(slots=True)
class BatchSums:
    """What the ledger says of one batch: coupons and face value by state, and the money."""

    template_id: int
    count: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    face_cents: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stocked: int = 0
    stocked_cents: int = 0
    accrued_cents: int = 0
    spent_cents: int = 0
    province_cents: int = 0
    bank_cents: int = 0
    merchant_cents: int = 0

    def add(self, from_state: str, to_state: str, amounts: Mapping[str, int]) -> None:
        count, face = amounts["count"], amounts["face_cents"]
        if from_state:
            self.count[from_state] -= count
            self.face_cents[from_state] -= face
        if to_state:
            self.count[to_state] += count
            self.face_cents[to_state] += face
        if not from_state and to_state == CouponState.STOCKED:
            self.stocked += count
            self.stocked_cents += face
        for name in AMOUNTS[2:]:
            setattr(self, name, getattr(self, name) + amounts[name])


@dataclass(frozen=True, slots=True)
class Sums:
    """By batch: at the end of the day, and with all that has happened since."""

    at_end: dict[int, BatchSums]
    now: dict[int, BatchSums]


def rebuild(day: date) -> None:
    """The totals of ``day``, whole, from the ledger."""
    DayTotal.objects.filter(day=day).delete()
    values = {"day": day, "start": start_of(day), "end": end_of(day)}
    run(_REBUILD, _TABLES, values).close()


def closed_days() -> list[date]:
    return list(Reconciliation.objects.order_by("day").values_list("day", flat=True))


def read_sums(day: date, closed: Iterable[date]) -> Sums:
    """``closed``: days whose totals stand for their ledger, among them ``day``."""
    days = sorted(set(closed))
    values: dict[str, Any] = {"day": day, "end": end_of(day), "days": days}
    parts = [_CLOSED]
    for number, span in enumerate(spans_outside(days)):
        parts.append(_OPEN.replace("{condition}", _within(span, number, values)))
    statement = _SUM_UP.replace("{rows}", " UNION ALL ".join(parts))
    at_end: dict[int, BatchSums] = {}
    now: dict[int, BatchSums] = {}
    with run(statement, _TABLES, values) as cursor:
        for batch_id, template_id, from_state, to_state, is_later, *amounts in cursor:
            given = dict(zip(AMOUNTS, map(int, amounts), strict=True))
            for sums in [now] if is_later else [now, at_end]:
                batch = sums.setdefault(batch_id, BatchSums(template_id))
                batch.add(from_state, to_state, given)
    return Sums(at_end, now)


def differing_days(days: Iterable[date]) -> dict[tuple[date, int], tuple[list[int], list[int]]]:
    """Of closed days: the days and batches whose totals are not what the ledger says now, with the
    amounts (``AMOUNTS``) of what differs, as kept and as found."""
    wanted = sorted(set(days))
    if not wanted:
        return {}
    values = {"days": wanted, "start": start_of(wanted[0]), "end": end_of(wanted[-1])}
    found: dict[tuple[date, int], tuple[list[int], list[int]]] = {}
    with run(_DIFFERENT, _TABLES, values) as cursor:
        for day, batch_id, *amounts in cursor:
            sides = found.setdefault((day, batch_id), ([0] * len(AMOUNTS), [0] * len(AMOUNTS)))
            for place, amount in enumerate(amounts):
                side, name = divmod(place, len(AMOUNTS))
                sides[side][name] += int(amount)
    return found


def first_day() -> datetime | None:
    """When the first thing was written into the ledger."""
    return LedgerEntry.objects.aggregate(first=Min("at"))["first"]


def _within(span: Span, number: int, values: dict[str, Any]) -> str:
    conditions = ["true"]
    if span.start is not None:
        values[f"from_{number}"] = span.start
        conditions.append(f"at >= %(from_{number})s")
    if span.end is not None:
        values[f"until_{number}"] = span.end
        conditions.append(f"at < %(until_{number})s")
    return " AND ".join(conditions)
