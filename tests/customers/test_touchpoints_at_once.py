"""Real transactions in real threads: exact totals, whoever comes first."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from customers import weeks
from customers.models import ItemDay, ShowCounter, Touchpoint
from customers.touchpoints import Event, Taken, take_in
from tests.approvals.racing import at_once, racing_bank
from tests.customers.touchpoints import event, totals

AT_ONCE = 50
ITEMS = [UUID(int=n + 1) for n in range(5)]
KINDS = ("impression", "click", "close")


def batch(size: int) -> list[Event]:
    now = timezone.now()
    chance = random.Random(7)
    return [
        event(
            customer_number=f"C{chance.randrange(20)}",
            item_uid=chance.choice(ITEMS),
            kind=chance.choice(KINDS),
            placement=chance.choice(("splash", "popup")),
            occurred_at=now - timedelta(days=chance.randrange(20)),
        )
        for _ in range(size)
    ]


def shuffled(events: list[Event], seed: int) -> list[Event]:
    return random.Random(seed).sample(events, len(events))


def expected(events: list[Event]) -> dict[str, int]:
    firsts = {(each.customer_number, each.item_uid, each.kind) for each in events}
    return {
        "touchpoints": len(events),
        "keys": len(events),
        "counted": len(events),
        "first_time": len(firsts),
        "lifetime": sum(each.kind == "impression" for each in events),
    }


def results(bank: Any, batches: list[list[Event]]) -> list[Taken]:
    at = timezone.now()
    given = at_once(
        bank, *[lambda part=part: take_in(part, reported_by="", at=at) for part in batches]
    )
    assert [each for each in given if isinstance(each, Exception)] == []
    return given


def check_counters(events: list[Event]) -> None:
    """Each counter says what the events say, on the last day that it has seen."""
    for row in ShowCounter.objects.all():
        days = [
            weeks.day_of(each.occurred_at)
            for each in events
            if each.kind == "impression"
            and each.customer_number == row.customer_number
            and row.subject in {str(each.item_uid), f"placement:{each.placement}"}
        ]
        assert (row.lifetime, row.day, row.today) == (len(days), max(days), days.count(max(days)))
    for day in ItemDay.objects.all():
        assert day.count == sum(
            (each.item_uid, weeks.day_of(each.occurred_at), each.kind)
            == (day.item_uid, day.day, day.kind)
            for each in events
        )


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_fifty_times_at_once_in_fifty_orders_counts_once() -> None:
    with racing_bank() as bank:
        events = batch(200)

        given = results(bank, [shuffled(events, seed) for seed in range(AT_ONCE)])

        assert sum(each.accepted for each in given) == len(events)
        assert sum(each.duplicates for each in given) == len(events) * (AT_ONCE - 1)
        assert totals() == expected(events)
        check_counters(events)


@pytest.mark.django_db(transaction=True)
def test_different_batches_about_the_same_customers_and_items_all_count() -> None:
    with racing_bank() as bank:
        events = batch(2_000)
        parts = [events[start : start + 40] for start in range(0, len(events), 40)]

        given = results(bank, parts)

        assert sum(each.accepted for each in given) == len(events)
        assert totals() == expected(events)
        check_counters(events)


@pytest.mark.django_db(transaction=True)
def test_overlapping_batches_in_any_order_never_wait_in_a_circle() -> None:
    with racing_bank() as bank:
        events = batch(400)
        parts = [shuffled(events, seed)[:150] for seed in range(AT_ONCE)]
        union = list({each.event_id: each for part in parts for each in part}.values())

        given = results(bank, parts)

        assert sum(each.accepted for each in given) == len(union)
        assert totals() == expected(union)
        check_counters(union)


@pytest.mark.django_db(transaction=True)
def test_the_first_events_of_many_weeks_make_each_partition_once() -> None:
    with racing_bank() as bank:
        now = timezone.now()
        parts = [
            [
                event(
                    event_id=uuid4(), customer_number=f"C{n}", occurred_at=now - timedelta(weeks=w)
                )
                for w in range(8)
            ]
            for n in range(AT_ONCE)
        ]

        results(bank, [shuffled(part, seed) for seed, part in enumerate(parts)])

        assert len(weeks.partitions()) == 8
        assert Touchpoint.objects.count() == 8 * AT_ONCE
