"""Real processes that die at any moment: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from openapi_gateway.metering import months
from openapi_gateway.metering.draining import drain
from openapi_gateway.metering.models import (
    Admission,
    CallLog,
    Drain,
    SpoiltEntry,
    Traffic,
    Usage,
)
from tests.openapi_gateway.metering.entries import Stream, admitted, finished, new_stream

PROJECT = Path(__file__).resolve().parents[3]
CALLS, PER_ENTRY, WORKERS = 12_000, 20, 4


def _empty() -> None:
    for model in (CallLog, Usage, Traffic, Admission, Drain, SpoiltEntry):
        model._default_manager.all().delete()


@pytest.fixture
def stream(transactional_db: None) -> Iterator[Stream]:
    """Overrides the one whose rows are rolled back: other processes must see these."""
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    _empty()
    with new_stream() as found:
        yield found
    _empty()
    months.forget()


def start(stream: Stream) -> subprocess.Popen[bytes]:
    # The server may be reached by a socket, whose folder stands in the query.
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {
        **os.environ, "DATABASE_URL": urlunsplit(url),
        "REDIS_URL": settings.REDIS_URL, "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(PROJECT),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.openapi_gateway.metering.drainer", stream.name]
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def begin(workers: list[subprocess.Popen[bytes]]) -> None:
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"go\n")
        worker.stdin.flush()


def fill(stream: Stream) -> list[str]:
    """Calls of half an hour; every third was marked before its answer."""
    now, ids = timezone.now(), []
    with stream.server.pipeline(transaction=False) as pipe:
        for first in range(0, CALLS, PER_ENTRY):
            at = now - timedelta(seconds=1800 * first / CALLS)
            calls = [finished(at, bank_id=1 + n % 3) for n in range(PER_ENTRY)]
            for call in calls[::3]:
                pipe.xadd(stream.name, stream.encoded(a=admitted(call)))
            pipe.xadd(stream.name, stream.encoded(b=calls))
            ids += [call[0] for call in calls]
        pipe.execute()
    return ids


def test_a_drain_killed_in_the_middle_loses_nothing_and_doubles_nothing(stream: Stream) -> None:
    ids = fill(stream)
    chance, before, left = random.Random(11), stream.length, []

    workers = [start(stream) for _ in range(WORKERS)]
    try:
        begin(workers)
        for worker in workers:
            time.sleep(chance.uniform(0.1, 0.25))
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            left.append(stream.length)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    drain(stream=stream.name)

    # They died in the middle of it.
    assert 0 < left[-1] < before
    assert stream.length == 0
    assert set(CallLog.objects.values_list("request_id", flat=True)) == set(ids)
    assert CallLog.objects.count() == CALLS
    assert not Admission.objects.exists()
    for span in ("day", "month"):
        counted = Usage.objects.filter(span=span).values_list("bank_id").annotate(Sum("calls"))
        logged = CallLog.objects.order_by().values_list("bank_id").annotate(Count("pk"))
        assert dict(counted) == dict(logged)
    for span in ("hour", "day"):
        rows = Traffic.objects.filter(span=span)
        assert rows.aggregate(total=Sum("calls"))["total"] == CALLS
        assert sum(sum(row.latencies) for row in rows) == CALLS
