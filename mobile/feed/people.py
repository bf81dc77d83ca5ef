"""For whom a feed is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from customers.facts import NOBODY, Facts


@dataclass(frozen=True, slots=True)
class Choices:
    """What the customer chose; empty = as the bank has it."""

    skin: str = ""
    mode: str = ""
    functions: tuple[str, ...] | None = None


UNDECIDED = Choices()


@dataclass(frozen=True, slots=True)
class Person:
    """A visitor by default."""

    number: str = ""
    facts: Facts = NOBODY
    choices: Choices = UNDECIDED
    # Subject of a frequency cap (an item's id, "placement:<code>") → shows in all, shows today.
    counters: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    # Ids of must-read announcements whose reading this customer has confirmed.
    read: frozenset[str] = frozenset()


VISITOR = Person()
