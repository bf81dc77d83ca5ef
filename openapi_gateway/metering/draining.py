"""Taking the stream of calls over into PostgreSQL, exactly once, whoever is killed when.

What has been read is deleted from the stream after the commit only. Entries that are met again, and
the same entries read by two processes, change nothing: one row is locked by whoever drains, and the
log's key knows every call.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from openapi_gateway.metering.last_used import note_use
from openapi_gateway.metering.models import Drain
from openapi_gateway.metering.outcomes import STREAM
from openapi_gateway.metering.storing import give_up, make_room, store
from openapi_gateway.metering.wire import Batch, Reader
from tenants.search_path import on_public

logger = logging.getLogger(__name__)
CALLS_AT_ONCE = 5_000
ENTRIES_AT_ONCE = 500
# Nothing new: the row that tells when somebody looked last is not written at every look.
TELL_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Drained:
    calls: int = 0
    batches: int = 0
    # Somebody else was draining.
    was_busy: bool = False


def drain(
    *, stream: str = STREAM, seconds: float = 50, connection: redis.Redis | None = None
) -> Drained:
    """Until the stream is empty or the time is over. Safe anywhere, any number of times at once."""
    source = connection or redis_of(settings.REDIS_URL)
    until, calls, batches = time.monotonic() + seconds, 0, 0
    with on_public():
        while time.monotonic() < until:
            taken = _take(source, stream)
            if taken is None:
                return Drained(calls, batches, was_busy=True)
            calls += taken.calls
            batches += bool(taken.entries)
            if not taken.entries:
                break
    return Drained(calls, batches)


@dataclass(frozen=True, slots=True)
class _Taken:
    calls: int
    entries: int


def _take(source: redis.Redis, stream: str) -> _Taken | None:
    """One batch; None = another process has the stream, or had it since we read."""
    now = timezone.now()
    position = _position(stream)
    batch, entries = _read(source, stream, now)
    make_room(batch)
    with transaction.atomic():
        row = _locked(stream, position)
        if row is None:
            return None
        calls = store(batch, now) if entries else give_up(now)
        _tell(row, entries[-1] if entries else "", calls, now)
    note_use(batch.finished.values())
    if entries:
        source.xdel(stream, *entries)
    if batch.spoilt:
        logger.error("gateway.spoilt_entries count=%d", len(batch.spoilt))
    return _Taken(calls, len(entries))


def _read(source: redis.Redis, stream: str, now: datetime) -> tuple[Batch, list[str]]:
    """A batch and the ids of its entries."""
    reader, ids = Reader(now), []
    for entry_id, fields in _entries(source, stream):
        reader.read(entry_id, fields)
        ids.append(entry_id)
        if len(reader.batch) >= CALLS_AT_ONCE:
            break
    return reader.batch, ids


def _entries(source: redis.Redis, stream: str) -> Iterator[tuple[str, Mapping[bytes, bytes]]]:
    # From its beginning: what lies before the position was left by somebody who died between the
    # commit and the deletion, and is known to the log.
    after = "-"
    while True:
        found: Any = source.xrange(stream, min=after, count=ENTRIES_AT_ONCE)
        for entry_id, fields in found:
            yield entry_id.decode(), fields
        if len(found) < ENTRIES_AT_ONCE:
            return
        after = f"({found[-1][0].decode()}"


def _position(stream: str) -> str:
    Drain.objects.bulk_create([Drain(stream=stream)], ignore_conflicts=True)
    return Drain.objects.values_list("position", flat=True).get(stream=stream)


def _locked(stream: str, position: str) -> Drain | None:
    rows = Drain.objects.select_for_update(skip_locked=True)
    return rows.filter(stream=stream, position=position).first()


def _tell(row: Drain, position: str, calls: int, now: datetime) -> None:
    is_new = row.drained_at is None or (now - row.drained_at).total_seconds() >= TELL_SECONDS
    if position or calls or is_new:
        row.position, row.drained_at, row.calls = position or row.position, now, row.calls + calls
        row.save(update_fields=["position", "drained_at", "calls"])


@lru_cache(maxsize=1)
def redis_of(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=2)
