from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from openapi_gateway.metering import months, tasks
from openapi_gateway.metering.draining import drain
from openapi_gateway.metering.models import CallLog, Traffic, Usage
from tenants.periodic import registered_periodics
from tests.openapi_gateway.metering.entries import Stream, finished

NOW = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


def test_months_begin_at_midnight_in_shanghai() -> None:
    first = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)

    assert months.month_of(first) == date(2026, 11, 1)
    assert months.month_of(first - timedelta(microseconds=1)) == date(2026, 10, 1)
    assert months.name_of(date(2026, 1, 1)) == "gateway_metering_calllog_y2026m01"
    assert months.later(date(2026, 11, 1), 2) == date(2027, 1, 1)
    assert months.later(date(2026, 1, 1), -1) == date(2025, 12, 1)


def test_a_call_makes_its_months_partition_when_it_is_the_first(stream: Stream) -> None:
    with time_machine.travel(NOW, tick=False):
        stream.add(b=[finished(NOW), finished(NOW - timedelta(days=25))])
        drain(stream=stream.name)

    assert months.partitions() == [date(2026, 10, 1), date(2026, 11, 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid"
            " WHERE indrelid = 'gateway_metering_calllog_y2026m10'::regclass AND indisvalid"
        )
        assert cursor.fetchone() == (6,)


@pytest.mark.parametrize(("setting", "kept"), [(6, 6), (0, 6), (12, 12)])
def test_six_months_are_kept_whatever_the_settings_say_and_older_ones_are_dropped(
    stream: Stream, settings: Any, setting: int, kept: int
) -> None:
    settings.CALL_LOG_MONTHS = setting
    for back in range(15):
        at = NOW - timedelta(days=30.5 * back)
        with time_machine.travel(at, tick=False):
            stream.add(b=[finished(at)])
            drain(stream=stream.name)
    assert CallLog.objects.count() == 15

    with time_machine.travel(NOW, tick=False):
        dropped = [
            name for name in tasks.keep_months.run() if name < months.name_of(date(2026, 11, 1))
        ]

    assert len(dropped) == 14 - kept
    assert CallLog.objects.count() == kept + 1
    assert min(months.partitions()) == months.later(date(2026, 11, 1), -kept)
    # What is billed stays.
    assert Usage.objects.filter(span="month").count() == 15


def test_months_are_made_ahead_and_a_second_run_makes_none(db: None) -> None:
    with time_machine.travel(NOW, tick=False):
        made = tasks.keep_months.run()

        assert [name[-8:] for name in made] == ["y2026m11", "y2026m12", "y2027m01"]
        assert tasks.keep_months.run() == []


def test_hours_of_charts_go_after_nine_days(stream: Stream) -> None:
    for days in (0, 8, 10):
        at = NOW - timedelta(days=days)
        with time_machine.travel(at, tick=False):
            stream.add(b=[finished(at)])
            drain(stream=stream.name)

    with time_machine.travel(NOW, tick=False):
        tasks.keep_months.run()

    assert Traffic.objects.filter(span="hour").count() == 2
    assert Traffic.objects.filter(span="day").count() == 3


def test_both_tasks_are_run_by_the_clock() -> None:
    every = {periodic.task: periodic.every_seconds for periodic in registered_periodics()}

    assert every["openapi_gateway.metering.tasks.drain_calls"] == 2
    assert every["openapi_gateway.metering.tasks.keep_months"] == 86_400
