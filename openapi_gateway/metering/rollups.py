"""Counting the calls of one batch into the tables that pages and bills are made of.

Only the drain writes here, one process at a time, in the transaction that writes the log.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from openapi_gateway.metering import histograms
from openapi_gateway.metering.choices import Span
from openapi_gateway.metering.months import SHANGHAI, midnight
from openapi_gateway.metering.wire import Finished

# Refused before the service saw them: they are quick, and would flatter the percentiles.
AT_THE_DOOR = frozenset({0, 401, 403, 429})
HOURS_KEPT_DAYS = 9
_HOUR_MS = 3_600_000

_USAGE = """
    INSERT INTO public.gateway_metering_usage AS held
        (span, starts_on, bank_id, app_id, environment, service, operation, status, code, billable,
         calls)
    SELECT * FROM unnest(
        %s::text[], %s::date[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::smallint[], %s::text[], %s::boolean[], %s::bigint[]
    )
    ON CONFLICT (span, bank_id, starts_on, app_id, environment, service, operation, status, code,
                 billable)
    DO UPDATE SET calls = held.calls + EXCLUDED.calls
"""
_TRAFFIC = """
    INSERT INTO public.gateway_metering_traffic AS held
        (span, starts_at, bank_id, app_id, environment, service, calls, refused, failed, billable,
         latencies)
    SELECT span, starts_at, bank_id, app_id, environment, service, calls, refused, failed, billable,
           latencies::bigint[]
    FROM unnest(
        %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[], %s::text[],
        %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[]
    ) AS batch (span, starts_at, bank_id, app_id, environment, service, calls, refused, failed,
                billable, latencies)
    ON CONFLICT (span, bank_id, starts_at, app_id, environment, service) DO UPDATE SET
        calls = held.calls + EXCLUDED.calls,
        refused = held.refused + EXCLUDED.refused,
        failed = held.failed + EXCLUDED.failed,
        billable = held.billable + EXCLUDED.billable,
        latencies = ARRAY(
            SELECT coalesce(one, 0) + coalesce(other, 0)
            FROM unnest(held.latencies, EXCLUDED.latencies) WITH ORDINALITY AS t (one, other, n)
            ORDER BY n
        )
"""


class _Pulse:
    __slots__ = ("billable", "calls", "failed", "latencies", "refused")

    def __init__(self) -> None:
        self.calls = self.refused = self.failed = self.billable = 0
        self.latencies = [0] * len(histograms.EDGES)

    def add(self, call: Finished, weight: int) -> None:
        self.calls += weight
        if call.status >= 500 or not call.status:
            self.failed += weight
        elif call.status >= 400:
            self.refused += weight
        if call.billable:
            self.billable += weight
        if call.status not in AT_THE_DOOR:
            self.latencies[histograms.bucket_of(call.latency_us)] += weight

    @property
    def columns(self) -> tuple[int, int, int, int, str]:
        counts = ",".join(map(str, histograms.trimmed(self.latencies)))
        return self.calls, self.refused, self.failed, self.billable, f"{{{counts}}}"


def count(calls: Iterable[Finished], taken_back: Iterable[Finished] = ()) -> None:
    """``taken_back``: calls that were counted before and are now known to have ended otherwise."""
    usage: Counter[tuple[Any, ...]] = Counter()
    pulses: dict[tuple[Any, ...], _Pulse] = defaultdict(_Pulse)
    for weight, group in ((1, calls), (-1, taken_back)):
        for call in group:
            hour, day = _hour_and_day(call.at_ms // _HOUR_MS)
            app_id = call.app_id if call.bank_id else ""
            usage[
                day, call.bank_id, app_id, call.environment, call.service, call.operation,
                call.status, call.code, call.billable,
            ] += weight  # fmt: skip
            place = (call.bank_id, app_id, call.environment, call.service)
            pulses[Span.HOUR, hour, *place].add(call, weight)
            pulses[Span.DAY, midnight(day), *place].add(call, weight)
    _write_usage(usage)
    if pulses:
        rows = [(*key, *pulse.columns) for key, pulse in sorted(pulses.items(), key=_by_key)]
        _run(_TRAFFIC, rows)


def forget_hours_before(at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM public.gateway_metering_traffic WHERE span = %s AND starts_at < %s",
            [Span.HOUR, at],
        )
        return int(cursor.rowcount)


def _write_usage(usage: Counter[tuple[Any, ...]]) -> None:
    months: Counter[tuple[Any, ...]] = Counter()
    for (day, *rest), calls in usage.items():
        months[day.replace(day=1), *rest] += calls
    rows = [(Span.DAY, *key, calls) for key, calls in sorted(usage.items()) if calls]
    rows += [(Span.MONTH, *key, calls) for key, calls in sorted(months.items()) if calls]
    if rows:
        _run(_USAGE, rows)


@lru_cache(maxsize=4096)
def _hour_and_day(hour: int) -> tuple[datetime, date]:
    """Whole hours of Shanghai are whole hours of the world."""
    begins = datetime.fromtimestamp(hour * 3600, SHANGHAI)
    return begins, begins.date()


def _by_key(item: tuple[tuple[Any, ...], _Pulse]) -> tuple[Any, ...]:
    return item[0]


def _run(statement: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
