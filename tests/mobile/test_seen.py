from __future__ import annotations

import time
from typing import Any

import pytest

from mobile import seen
from mobile.feed.people import Person
from mobile.seen import Memory

DAY = "2026-07-01"


@pytest.fixture
def memory() -> Memory:
    return Memory()


def keep(memory: Memory, number: str = "C1", schema: str = "b_alpha") -> None:
    memory.keep(schema, Person(number), DAY, memory.mark(schema, number))


def test_a_customer_is_remembered_per_bank_and_day(memory: Memory) -> None:
    keep(memory)

    assert memory.get("b_alpha", "C1", DAY) is not None
    assert memory.get("b_beta", "C1", DAY) is None
    assert memory.get("b_alpha", "C1", "2026-07-02") is None


def test_a_customer_is_forgotten_after_a_minute(memory: Memory, monkeypatch: Any) -> None:
    keep(memory)
    now = time.monotonic()

    monkeypatch.setattr(seen.time, "monotonic", lambda: now + 59)
    assert memory.get("b_alpha", "C1", DAY) is not None
    monkeypatch.setattr(seen.time, "monotonic", lambda: now + 60.1)
    assert memory.get("b_alpha", "C1", DAY) is None


def test_a_change_forgets_one_customer_or_the_whole_bank(memory: Memory) -> None:
    for number in ("C1", "C2"):
        keep(memory, number)
    keep(memory, "C1", "b_beta")

    memory.forget("b_alpha", ["C1"])
    assert memory.get("b_alpha", "C1", DAY) is None
    assert memory.get("b_alpha", "C2", DAY) is not None

    memory.forget("b_alpha", None)
    assert memory.get("b_alpha", "C2", DAY) is None
    assert memory.get("b_beta", "C1", DAY) is not None


@pytest.mark.parametrize("numbers", [["C1"], None])
def test_what_was_looked_up_before_a_change_is_not_kept(memory: Memory, numbers: Any) -> None:
    mark = memory.mark("b_alpha", "C1")
    memory.forget("b_alpha", numbers)

    memory.keep("b_alpha", Person("C1"), DAY, mark)

    assert memory.get("b_alpha", "C1", DAY) is None


def test_memory_is_bounded(memory: Memory, monkeypatch: Any) -> None:
    monkeypatch.setattr(seen, "MAX_SEEN", 10)
    for number in range(30):
        keep(memory, f"C{number}")

    assert len(memory) == 10
    assert memory.get("b_alpha", "C29", DAY) is not None


def test_who_cannot_listen_remembers_nobody(settings: Any) -> None:
    settings.CHANGE_READER = "sync"

    assert seen.may_remember() is False
