from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Sum
from django.utils import timezone

from openapi_gateway.metering.choices import Span
from openapi_gateway.metering.draining import drain
from openapi_gateway.metering.models import Admission, CallLog, Drain, SpoiltEntry, Traffic, Usage
from tests.openapi_gateway.metering.entries import Stream, admitted, finished, milliseconds

# 08:30 in Shanghai.
NOW = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def total(span: str = Span.DAY) -> int:
    return Usage.objects.filter(span=span).aggregate(total=Sum("calls"))["total"] or 0


def test_finished_calls_come_into_the_log_and_are_counted_once(stream: Stream) -> None:
    stream.add(b=[finished(NOW), finished(NOW, status=422, code="LIVE.SPOOF", billable=False)])
    stream.add(b=[finished(NOW, latency_us=9_000)])

    first, second = drain(stream=stream.name), drain(stream=stream.name)

    assert (first.calls, second.calls) == (3, 0)
    assert CallLog.objects.count() == total(Span.DAY) == total(Span.MONTH) == 3
    assert stream.length == 0
    hours = Traffic.objects.get(span=Span.HOUR)
    assert (hours.calls, hours.refused, hours.failed, hours.billable) == (3, 1, 0, 2)
    assert sum(hours.latencies) == 3
    row = CallLog.objects.get(latency_us=9_000)
    assert (row.at, row.bank_id, row.code, row.subject) == (NOW, 1, "ok", "o_abcdefgh")


def test_entries_that_are_met_again_change_nothing(stream: Stream) -> None:
    """As after a crash between the commit and the deletion."""
    calls = [finished(NOW) for _ in range(5)]
    stream.add(a=admitted(calls[0]))
    stream.add(b=calls)
    drain(stream=stream.name)

    stream.add(a=admitted(calls[0]))
    stream.add(b=calls)
    again = drain(stream=stream.name)

    assert again.calls == 0
    assert CallLog.objects.count() == total() == 5
    assert not Admission.objects.exists()


def test_what_was_admitted_and_has_not_ended_waits_for_its_end(stream: Stream, clock: Any) -> None:
    call = finished(NOW)
    stream.add(a=admitted(call))
    drain(stream=stream.name)
    assert (CallLog.objects.count(), Admission.objects.count()) == (0, 1)

    clock.shift(timedelta(seconds=30))
    stream.add(b=[call])
    drain(stream=stream.name)

    assert CallLog.objects.get().code == "ok"
    assert not Admission.objects.exists()


def test_an_admitted_call_without_an_end_is_logged_as_unknown(stream: Stream, clock: Any) -> None:
    call = finished(NOW)
    stream.add(a=admitted(call))
    drain(stream=stream.name)
    clock.shift(timedelta(seconds=61))

    assert [drain(stream=stream.name).calls for _ in range(2)] == [1, 0]

    row = CallLog.objects.get()
    assert (row.request_id, row.code, row.status, row.billable) == (call[0], "unknown", 0, False)
    assert total() == 1
    assert Traffic.objects.get(span=Span.DAY).failed == 1


def test_an_end_that_comes_late_takes_the_unknown_ones_place(stream: Stream, clock: Any) -> None:
    call = finished(NOW)
    stream.add(a=admitted(call))
    drain(stream=stream.name)
    clock.shift(timedelta(seconds=61))
    drain(stream=stream.name)

    stream.add(b=[call])
    drain(stream=stream.name)

    assert CallLog.objects.get().code == "ok"
    assert {row.code: row.calls for row in Usage.objects.filter(span=Span.DAY)} == {
        "unknown": 0, "ok": 1,
    }  # fmt: skip
    day = Traffic.objects.get(span=Span.DAY)
    assert (day.calls, day.failed, sum(day.latencies)) == (1, 0, 1)


def test_nothing_is_given_up_while_the_stream_still_holds_ends(
    stream: Stream, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when nobody has drained for ten minutes."""
    monkeypatch.setattr("openapi_gateway.metering.draining.CALLS_AT_ONCE", 2)
    calls = [finished(NOW) for _ in range(6)]
    for call in calls:
        stream.add(a=admitted(call))
    for call in calls:
        stream.add(b=[call])
    clock.shift(timedelta(minutes=10))

    drain(stream=stream.name)

    assert set(CallLog.objects.values_list("code", flat=True)) == {"ok"}
    assert total() == 6


def test_a_day_begins_at_midnight_in_shanghai(stream: Stream) -> None:
    midnight = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    stream.add(b=[finished(midnight), finished(midnight - timedelta(milliseconds=1))])

    drain(stream=stream.name)

    months = Usage.objects.filter(span=Span.MONTH).order_by("starts_on")
    assert [f"{row.starts_on} {row.calls}" for row in months] == ["2026-10-01 1", "2026-11-01 1"]


@pytest.mark.parametrize(
    "fields",
    [
        {"b": b"{}"},
        {"b": b"\xff\xfe"},
        {"a": b"[1]"},
        {"c": b"[]"},
        {"b": [finished(NOW, at_ms=0)]},
        {"b": [finished(NOW, at_ms=milliseconds(NOW + timedelta(days=400)))]},
        {"b": [finished(NOW, request_id="")]},
        {"b": [finished(NOW, status="200")]},
    ],
)
def test_what_cannot_be_read_is_kept_aside_and_holds_nobody_up(
    stream: Stream, fields: dict[str, Any]
) -> None:
    entry_id = stream.add(**fields)
    stream.add(b=[finished(NOW)])

    assert drain(stream=stream.name).calls == 1

    assert SpoiltEntry.objects.get().entry_id == entry_id
    assert stream.length == 0


def test_claims_of_a_caller_break_neither_a_line_nor_a_column(stream: Stream) -> None:
    claimed = "app_\n2026 ERROR\x00\x1b[31m\u202e" + "x" * 300
    stream.add(
        b=[
            finished(
                NOW, bank_id=0, app_id=claimed, key_id="k\r\n", subject="\ud7ff\x7f", status=70_000,
                latency_us=2**40,
            )
        ]
    )  # fmt: skip

    drain(stream=stream.name)

    row = CallLog.objects.get()
    assert row.app_id.isprintable()
    assert len(row.app_id) == 20
    assert (row.key_id, row.status, row.latency_us) == ("k\ufffd\ufffd", 0, 2**31 - 1)
    # Whatever is claimed, the counts have one row for it.
    assert {row.app_id for row in Usage.objects.all()} == {""}


def test_how_far_it_came_is_told(stream: Stream, clock: Any) -> None:
    last = stream.add(b=[finished(NOW)])
    drain(stream=stream.name)
    row = Drain.objects.get(stream=stream.name)
    assert (row.position, row.calls, row.drained_at) == (last, 1, timezone.now())

    clock.shift(timedelta(seconds=11))
    drain(stream=stream.name)

    row.refresh_from_db()
    assert row.drained_at == timezone.now()
