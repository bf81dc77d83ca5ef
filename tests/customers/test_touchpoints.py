from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from customers import changes
from customers.models import ShowCounter, Touchpoint, TouchpointKey
from customers.touchpoints import DayFigures, figures_of
from tests.customers.touchpoints import ITEM, counter, day_row, event, taken, totals

# 2026-11-18, a Wednesday, 10:00 in Shanghai.
AT = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
TODAY, YESTERDAY = date(2026, 11, 18), date(2026, 11, 17)


def test_a_batch_is_stored_with_who_reported_it_and_when_it_came(bank: Any) -> None:
    one = event(occurred_at=AT - timedelta(minutes=3), item_version=7)

    assert taken(one, at=AT, reported_by="core") == (1, 0)

    row = Touchpoint.objects.get()
    assert (row.event_id, row.customer_number, row.kind) == (one.event_id, "C1", "impression")
    assert (row.item_uid, row.item_kind, row.item_version) == (ITEM, "ad", 7)
    assert (row.placement, row.occurred_at) == ("splash", one.occurred_at)
    assert (row.received_at, row.reported_by) == (AT, "core")
    assert TouchpointKey.objects.get().week == date(2026, 11, 16)


def test_the_same_event_counts_once_within_a_batch_and_over_batches_and_weeks(bank: Any) -> None:
    one = event(occurred_at=AT)
    moved = event(event_id=one.event_id, occurred_at=AT - timedelta(weeks=1))

    assert taken(one, one, moved, at=AT) == (1, 2)
    assert taken(one, at=AT) == (0, 1)
    assert taken(moved, at=AT) == (0, 1)

    assert Touchpoint.objects.get().occurred_at == AT
    assert totals() == {
        "touchpoints": 1, "keys": 1, "counted": 1, "first_time": 1, "lifetime": 1,
    }  # fmt: skip


def test_nothing_given_changes_nothing(bank: Any) -> None:
    assert taken(at=AT) == (0, 0)
    assert not Touchpoint.objects.exists()


def test_days_end_at_midnight_in_shanghai(bank: Any) -> None:
    midnight = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)

    taken(event(occurred_at=midnight - timedelta(microseconds=1)), event(occurred_at=midnight))

    assert day_row(YESTERDAY) == (1, 1)
    assert day_row(TODAY) == (1, 0)


def test_a_customer_is_new_to_an_item_once_and_for_each_kind(bank: Any) -> None:
    taken(
        event(occurred_at=AT),
        event(occurred_at=AT - timedelta(days=1)),
        event(occurred_at=AT, kind="click"),
        event(occurred_at=AT, kind="click"),
        event(occurred_at=AT, customer_number="C2"),
    )
    taken(event(occurred_at=AT), event(occurred_at=AT, kind="click"))
    taken(event(occurred_at=AT, kind="click", customer_number="C2", item_uid=uuid4()))

    # C1's first show of the batch was yesterday.
    assert day_row(YESTERDAY) == (1, 1)
    assert day_row(TODAY) == (3, 1)
    assert day_row(TODAY, "click") == (3, 1)


def test_shows_are_counted_for_the_item_and_for_its_placement(bank: Any) -> None:
    other = uuid4()
    taken(
        event(occurred_at=AT),
        event(occurred_at=AT, item_uid=other),
        event(occurred_at=AT, kind="click"),
        event(occurred_at=AT, kind="close"),
        event(occurred_at=AT, item_kind="announcement", placement=""),
    )

    assert counter() == (2, "2026-11-18", 2)
    assert counter(other) == (1, "2026-11-18", 1)
    assert counter("placement:splash") == (2, "2026-11-18", 2)
    assert ShowCounter.objects.count() == 3


def test_an_earlier_day_counts_for_the_lifetime_only(bank: Any) -> None:
    taken(event(occurred_at=AT), event(occurred_at=AT - timedelta(days=1)))
    assert counter() == (2, "2026-11-18", 1)

    taken(event(occurred_at=AT - timedelta(days=3)), event(occurred_at=AT - timedelta(days=2)))
    assert counter() == (4, "2026-11-18", 1)

    taken(event(occurred_at=AT))
    assert counter() == (5, "2026-11-18", 2)

    taken(event(occurred_at=AT + timedelta(days=1)), event(occurred_at=AT))
    assert counter() == (7, "2026-11-19", 1)


def test_a_failure_leaves_nothing(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("customers.touchpoints._count_days", fail)

    with pytest.raises(RuntimeError):
        taken(event(occurred_at=AT))

    assert set(totals().values()) == {0}


def test_who_holds_customers_in_memory_is_told_of_those_with_something_new(
    bank: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(changes, "_listeners", [lambda *given: told.append(given)])
    one = event(occurred_at=AT, customer_number="C9")
    with django_capture_on_commit_callbacks(execute=True):
        taken(one, event(occurred_at=AT, customer_number="C3"), at=AT)
        assert told == []
    assert told == [("b_alpha", ("C3", "C9"))]

    with django_capture_on_commit_callbacks(execute=True):
        taken(one, at=AT)
    assert len(told) == 1


def test_figures_come_day_by_day_with_the_days_without_any(bank: Any) -> None:
    taken(
        event(occurred_at=AT),
        event(occurred_at=AT, kind="click"),
        event(occurred_at=AT, kind="close"),
        event(occurred_at=AT - timedelta(days=2)),
        event(occurred_at=AT - timedelta(days=2), customer_number="C2"),
        event(occurred_at=AT - timedelta(days=30)),
        event(occurred_at=AT, item_uid=uuid4()),
    )

    days = figures_of(ITEM, 30, AT)

    assert [day.day for day in days] == [TODAY - timedelta(days=29 - n) for n in range(30)]
    assert days[-1] == DayFigures(TODAY, shows=1, touches=1, closes=1, reach=0)
    assert days[-3] == DayFigures(TODAY - timedelta(days=2), shows=2, reach=1)
    assert sum(day.shows for day in days) == 3


def test_two_banks_count_for_themselves(alpha: Any, beta: Any) -> None:
    one = event(occurred_at=AT)
    for each in (alpha, beta):
        with tenant_context(each):
            assert taken(one, at=AT) == (1, 0)
            assert totals()["counted"] == 1
    assert connection.schema_name == "public"
