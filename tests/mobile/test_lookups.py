"""The one statement behind a customer's home, and what happens when the connection lets it down."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from customers.models import Customer, Preference, ShowCounter
from mobile import lookups
from mobile.feed.people import Choices
from tests.operators.people import make_branch

DAY = "2026-07-01"


def outside_a_transaction(closed: list[bool]) -> Any:
    """The test's own connection, which must not be closed, as if it stood outside a transaction."""
    connection.ensure_connection()
    return SimpleNamespace(
        in_atomic_block=False, queries_logged=False, ops=connection.ops,
        connection=connection.connection, ensure_connection=lambda: None,
        close=lambda: closed.append(True),
    )  # fmt: skip


def look_up(number: str = "C1") -> Any:
    return lookups.look_up("b_alpha", number, day=DAY, must_read=[])


def test_everything_the_feed_needs_comes_in_one_row(bank: Any) -> None:
    branch = make_branch("N01")
    Customer.objects.create(
        number="C1", branch=branch, birth_year=1960, groups=["loan", "senior"],
        tags=["has, a comma", "农户"], is_trial=True,
    )  # fmt: skip
    Preference.objects.create(
        customer_number="C1", skin="rural", mode="senior", functions=["a", "b"],
        changed_at=timezone.now(),
    )  # fmt: skip
    for subject, day in (("x", DAY), ("placement:popup", "2026-06-30")):
        ShowCounter.objects.create(
            customer_number="C1", subject=subject, lifetime=5, day=day, today=2
        )

    person = look_up()

    assert person.facts.branch_path == branch.path
    assert (person.facts.birth_year, person.facts.is_trial) == (1960, True)
    assert person.facts.groups == {"loan", "senior"}
    assert person.facts.tags == {"has, a comma", "农户"}
    assert person.choices == Choices("rural", "senior", ("a", "b"))
    assert person.counters == {"x": (5, 2), "placement:popup": (5, 0)}


def test_a_number_that_nobody_has_is_a_customer_of_no_branch(bank: Any) -> None:
    person = look_up("'; DROP TABLE customers_customer; --")

    assert (person.facts.branch_path, person.facts.groups, person.counters) == ("", frozenset(), {})


def test_what_went_wrong_with_a_prepared_statement_is_tried_plainly(
    bank: Any, monkeypatch: Any
) -> None:
    """As after a server's restart, or behind a pooler that forgets statements."""
    closed: list[bool] = []

    def refuse(*_arguments: Any) -> Any:
        raise lookups._Refused("prepared statement does not exist")

    monkeypatch.setattr(lookups, "_execute", refuse)
    monkeypatch.setattr(lookups, "connection", outside_a_transaction(closed))

    assert look_up("C9").number == "C9"
    assert closed == [True]


def test_a_database_that_is_away_is_said_to_be(bank: Any, monkeypatch: Any) -> None:
    def refuse(*_arguments: Any) -> Any:
        raise lookups._Refused("gone")

    monkeypatch.setattr(lookups, "_execute", refuse)
    monkeypatch.setattr(lookups, "_row", refuse)
    monkeypatch.setattr(lookups, "connection", outside_a_transaction([]))

    with pytest.raises(OperationalError):
        look_up()
