from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from customers import tasks, weeks
from customers.checks import touchpoints_outlive_their_intake
from customers.models import Touchpoint, TouchpointKey
from customers.touchpoints import figures_of
from tenants.fingerprints import schema_lines
from tenants.periodic import registered_periodics
from tenants.services import provision_bank
from tests.customers.touchpoints import ITEM, event, taken

MONDAY = datetime(2026, 11, 15, 16, 0, tzinfo=UTC)


@pytest.fixture
def _in_week_47(bank: Any) -> Iterator[None]:
    with time_machine.travel(MONDAY + timedelta(days=2), tick=False):
        yield


def test_weeks_begin_on_monday_at_midnight_in_shanghai() -> None:
    assert weeks.week_of(MONDAY) == date(2026, 11, 16)
    assert weeks.week_of(MONDAY - timedelta(microseconds=1)) == date(2026, 11, 9)
    assert weeks.name_of(date(2026, 11, 16)) == "customers_touchpoint_y2026w47"
    # The first days of January may belong to the last week of the year before.
    assert weeks.name_of(weeks.week_of(datetime(2027, 1, 2, tzinfo=UTC))).endswith("y2026w53")


def test_an_event_makes_its_weeks_partition_when_it_is_the_first(bank: Any) -> None:
    assert weeks.partitions() == []

    taken(event(occurred_at=MONDAY), event(occurred_at=MONDAY - timedelta(microseconds=1)))

    assert weeks.partitions() == [date(2026, 11, 9), date(2026, 11, 16)]
    with connection.cursor() as cursor:
        for name in ("y2026w46", "y2026w47"):
            table = f"b_alpha.customers_touchpoint_{name}"
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  our own name
            assert cursor.fetchone() == (1,)


def test_there_is_no_partition_for_whatever_else_comes(bank: Any) -> None:
    weeks.make_weeks([date(2026, 11, 16)])

    with pytest.raises(IntegrityError), transaction.atomic():
        Touchpoint.objects.create(
            event_id=ITEM, customer_number="C1", kind="click", item_kind="ad", item_uid=ITEM,
            occurred_at=MONDAY - timedelta(days=1), received_at=MONDAY,
        )  # fmt: skip


def test_a_partition_carries_the_index_the_key_and_the_check(bank: Any) -> None:
    weeks.make_weeks([date(2026, 11, 16)])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid"
            " WHERE indrelid = 'b_alpha.customers_touchpoint_y2026w47'::regclass AND indisvalid"
        )
        assert cursor.fetchone() == (2,)


@pytest.mark.usefixtures("_in_week_47")
def test_partitions_are_made_ahead_and_a_second_run_makes_none() -> None:
    assert [name[-8:] for name in tasks.prepare_weeks.run()] == ["y2026w47", "y2026w48", "y2026w49"]
    assert tasks.prepare_weeks.run() == []


@pytest.mark.usefixtures("_in_week_47")
def test_old_weeks_go_with_their_keys_and_counts_stay(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TOUCHPOINT_WEEKS = 26
    monkeypatch.setattr(weeks, "KEYS_AT_ONCE", 2)
    for back in (0, 26, 27, 27, 27, 40):
        taken(event(occurred_at=MONDAY - timedelta(weeks=back)))

    assert tasks.drop_old_touchpoints.run() == 4
    assert tasks.drop_old_touchpoints.run() == 0

    assert weeks.partitions() == [date(2026, 5, 18), date(2026, 11, 16)]
    assert Touchpoint.objects.count() == TouchpointKey.objects.count() == 2
    assert sum(day.shows for day in figures_of(ITEM, 300, MONDAY)) == 6


@pytest.mark.usefixtures("_in_week_47")
def test_keys_whose_partition_was_dropped_before_go_in_the_next_run() -> None:
    TouchpointKey.objects.create(event_id=ITEM, week=date(2026, 1, 5))

    assert tasks.drop_old_touchpoints.run() == 1


def test_weeks_are_no_difference_between_a_bank_and_the_template(bank: Any) -> None:
    before = schema_lines("b_alpha")

    taken(event(occurred_at=MONDAY))
    weeks.make_weeks([date(2026, 11, 9)])

    rows = ("row customers_touchpointkey", "row customers_itemday", "row customers_showcounter")
    after = [line for line in schema_lines("b_alpha") if not line.startswith(rows)]
    sequences = [line for line in before if line.startswith("sequence customers_")]
    assert [line for line in after if line not in before and line not in sequences] == [
        line for line in after if line.startswith("sequence customers_") and line not in before
    ]
    assert set(before) - set(sequences) <= set(after)


def test_a_new_bank_has_the_table_and_no_week(db: None) -> None:
    bank = provision_bank(slug="weekless", name="Weekless")

    lines = schema_lines(bank.schema_name)

    assert "table customers_touchpoint kind p" in lines
    assert not [line for line in lines if "touchpoint_y" in line]


def test_keeping_less_than_is_taken_in_is_a_mistake_of_the_settings(settings: Any) -> None:
    settings.TOUCHPOINT_WEEKS = 4
    assert [error.id for error in touchpoints_outlive_their_intake(None)] == ["customers.E001"]
    settings.TOUCHPOINT_WEEKS = 5
    assert touchpoints_outlive_their_intake(None) == []


def test_both_tasks_are_run_by_the_clock() -> None:
    named = {periodic.task for periodic in registered_periodics()}

    assert {
        "customers.tasks.prepare_weeks_everywhere",
        "customers.tasks.drop_old_touchpoints_everywhere",
    } <= named
