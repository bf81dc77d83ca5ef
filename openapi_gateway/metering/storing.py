"""One batch of the stream into the log and its counts: all of it or nothing, and each call once.

The log's key decides what is new, so that entries read twice change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from openapi_gateway.metering import rollups
from openapi_gateway.metering.choices import UNKNOWN
from openapi_gateway.metering.models import SpoiltEntry
from openapi_gateway.metering.months import make_months, month_of
from openapi_gateway.metering.wire import Admitted, Batch, Finished, moment, unheard_of

# After which a call that has not ended never will: its process is dead.
LOST_AFTER = timedelta(seconds=1)
LATE_UNTIL = timedelta(days=1)
GIVEN_UP_AT_ONCE = 5_000

_LOG = """
    INSERT INTO public.gateway_metering_calllog
        (request_id, at, bank_id, app_id, key_id, environment, operation, service, status, code,
         latency_us, billable, address, subject)
    SELECT * FROM unnest(
        %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::text[], %s::smallint[], %s::text[], %s::int[], %s::boolean[], %s::text[], %s::text[]
    )
    ON CONFLICT (request_id, at) DO NOTHING
    RETURNING request_id
"""
# An entry may be read once more after its call has ended and been logged: by whoever was reading
# while the entries were being deleted.
_ADMIT = """
    INSERT INTO public.gateway_metering_admission
        (request_id, at, bank_id, app_id, key_id, environment, operation, service, address)
    SELECT * FROM unnest(
        %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::text[], %s::text[]
    ) AS new (request_id, at, bank_id, app_id, key_id, environment, operation, service, address)
    WHERE NOT EXISTS (
        SELECT 1 FROM public.gateway_metering_calllog AS log
        WHERE log.request_id = new.request_id AND log.at = new.at
    )
    ON CONFLICT (request_id) DO NOTHING
"""
_END = """
    DELETE FROM public.gateway_metering_admission WHERE request_id = ANY(%s)
    RETURNING request_id, at, bank_id, app_id, key_id, environment, operation, service, address,
        given_up_at
"""
_GIVE_UP = """
    UPDATE public.gateway_metering_admission SET given_up_at = %s
    WHERE request_id IN (
        SELECT request_id FROM public.gateway_metering_admission
        WHERE at < %s AND given_up_at IS NULL ORDER BY at LIMIT %s
    )
    RETURNING request_id, at, bank_id, app_id, key_id, environment, operation, service, address
"""
_TAKE_BACK = """
    DELETE FROM public.gateway_metering_calllog AS log
    USING unnest(%s::text[], %s::timestamptz[]) AS lost (request_id, at)
    WHERE log.request_id = lost.request_id AND log.at = lost.at AND log.code = %s
    RETURNING log.request_id
"""
_FORGET = "DELETE FROM public.gateway_metering_admission WHERE given_up_at < %s"


def make_room(batch: Batch) -> None:
    """The partitions it needs; before its transaction, which would hold their locks for long."""
    calls: Iterable[Admitted | Finished] = (*batch.finished.values(), *batch.admitted.values())
    make_months({month_of(at) for at in {moment(each.at_ms // 60_000 * 60_000) for each in calls}})


def take_in(calls: Sequence[Finished], now: datetime) -> int:
    """Calls that come by no stream; how many were new."""
    batch = Batch(finished={each.request_id: each for each in calls})
    make_room(batch)
    with transaction.atomic():
        return store(batch, now)


def store(batch: Batch, now: datetime) -> int:
    """In the caller's transaction; how many calls were new."""
    finished = batch.finished
    _admit([each for each in batch.admitted.values() if each.request_id not in finished])
    taken_back = _end(list(finished))
    fresh = _log(list(finished.values()))
    rollups.count(fresh, taken_back)
    SpoiltEntry.objects.bulk_create(
        [
            SpoiltEntry(entry_id=each.entry_id, raw=each.raw, reason=each.reason, found_at=now)
            for each in batch.spoilt
        ],
        ignore_conflicts=True,
    )
    return len(fresh)


def give_up(now: datetime) -> int:
    """In the caller's transaction, and only when the stream has been read to its end: what began
    long ago and has not ended is logged as unknown."""
    rows = _run(_GIVE_UP, [now, now - LOST_AFTER, GIVEN_UP_AT_ONCE])
    fresh = _log([unheard_of(_admitted(row)) for row in rows])
    rollups.count(fresh)
    _run(_FORGET, [now - LATE_UNTIL])
    return len(fresh)


def _admit(calls: Sequence[Admitted]) -> None:
    if calls:
        rows = [(each.request_id, moment(each.at_ms), *_rest(each)) for each in calls]
        _run(_ADMIT, _columns(rows))


def _end(request_ids: list[str]) -> list[Finished]:
    """Calls that were given up before and have ended after all, out of the log again."""
    rows = _run(_END, [sorted(request_ids)]) if request_ids else []
    lost = {row[0]: row for row in rows if row[-1] is not None}
    if not lost:
        return []
    pairs = [list(lost), [row[1] for row in lost.values()]]
    removed = _run(_TAKE_BACK, [*pairs, UNKNOWN])
    return [unheard_of(_admitted(lost[request_id][:-1])) for (request_id,) in removed]


def _log(calls: Sequence[Finished]) -> list[Finished]:
    """Those that were not in the log."""
    if not calls:
        return []
    rows = [
        (
            call.request_id, moment(call.at_ms), call.bank_id, call.app_id, call.key_id,
            call.environment, call.operation, call.service, call.status, call.code,
            call.latency_us, call.billable, call.address, call.subject,
        )
        for call in sorted(calls, key=lambda call: call.request_id)
    ]  # fmt: skip
    new = {request_id for (request_id,) in _run(_LOG, _columns(rows))}
    return [call for call in calls if call.request_id in new]


def _rest(call: Admitted) -> tuple[Any, ...]:
    return (
        call.bank_id, call.app_id, call.key_id, call.environment, call.operation, call.service,
        call.address,
    )  # fmt: skip


def _admitted(row: tuple[Any, ...]) -> Admitted:
    request_id, at, *rest = row
    return Admitted(request_id, round(at.timestamp() * 1000), *rest)


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _run(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
