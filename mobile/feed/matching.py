"""Which items a customer may see: sets of items as the bits of one integer, one bit per item.

A rule is never evaluated item by item: each value that a customer has names the items that ask for
it. So the work grows with what is known of the customer, hardly with the number of items.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from customers.conditions import Age, Groups, Nobody, Tags, Within
from customers.facts import Facts
from mobile.feed.items import Item

LISTS: tuple[tuple[str, type[Groups] | type[Tags]], ...] = (("groups", Groups), ("tags", Tags))
MAX_REMEMBERED = 4096


def bits_of(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def numbers_of(bits: int, most: int | None = None) -> list[int]:
    """Positions of the bits, the lowest first; at most so many."""
    found: list[int] = []
    while bits and len(found) != most:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found


@dataclass(slots=True)
class _Layer:
    """At most one "any of" condition of each item on one field."""

    # Items without a condition in this layer.
    free: int
    # Items whose condition names this value.
    naming: dict[str, int]


class Matcher:
    """For the items of one feed, in their order."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._for_somebody = bits_of(n for n, item in enumerate(items) if not _on(item, Nobody))
        self._lists = [
            (field, list(_layers(items, kind)), _excluding(items, kind)) for field, kind in LISTS
        ]
        self._by_age: dict[int | None, int] = {}
        self._by_branch: dict[str, int] = {}
        self._by_profile: dict[tuple[object, ...], int] = {}

    def of(self, facts: Facts, year: int) -> int:
        """The items that are for this customer: branch and audience, not the clock."""
        age = None if facts.birth_year is None else year - facts.birth_year
        profile = (facts.branch_path, age, facts.groups, facts.tags)
        found = self._by_profile.get(profile)
        if found is None:
            if len(self._by_profile) >= MAX_REMEMBERED:
                self._by_profile.clear()
            found = self._by_profile[profile] = self._match(facts, age)
        return found

    def _match(self, facts: Facts, age: int | None) -> int:
        bits = self._for_somebody & self._of_age(age) & self._of_branch(facts.branch_path)
        for field, layers, excluding in self._lists:
            values: frozenset[str] = getattr(facts, field)
            for layer in layers:
                allowed = layer.free
                for value in values:
                    allowed |= layer.naming.get(value, 0)
                bits &= allowed
            if excluding:
                for value in values:
                    bits &= ~excluding.get(value, 0)
        return bits

    def _of_age(self, age: int | None) -> int:
        found = self._by_age.get(age)
        if found is None:
            facts = Facts(birth_year=None if age is None else -age)
            found = self._by_age[age] = self._holding(Age, facts)
        return found

    def _of_branch(self, path: str) -> int:
        """Both: the item's own branch scope, and what its audience says about branches."""
        found = self._by_branch.get(path)
        if found is None:
            scoped = bits_of(
                n for n, item in enumerate(self._items) if path.startswith(item.branch_path)
            )
            found = scoped & self._holding(Within, Facts(branch_path=path))
            self._by_branch[path] = found
        return found

    def _holding(self, kind: type[Age] | type[Within], facts: Facts) -> int:
        """Items whose conditions of this kind hold, asked one by one, in the year 0."""
        return bits_of(
            number
            for number, item in enumerate(self._items)
            if all(condition.predicate()(facts, 0) for condition in _on(item, kind))
        )


def _on(item: Item, kind: type[Any]) -> list[Any]:
    return [condition for condition in item.conditions if isinstance(condition, kind)]


def _layers(items: Sequence[Item], kind: type[Groups] | type[Tags]) -> Iterator[_Layer]:
    """One layer for everybody's first "any of" condition, one for the second, and so on."""
    conditions = [[each for each in _on(item, kind) if each.wanted] for item in items]
    for depth in range(max(map(len, conditions), default=0)):
        naming: dict[str, int] = defaultdict(int)
        for number, mine in enumerate(conditions):
            for value in mine[depth].values if depth < len(mine) else ():
                naming[value] |= 1 << number
        free = bits_of(number for number, mine in enumerate(conditions) if depth >= len(mine))
        yield _Layer(free, dict(naming))


def _excluding(items: Sequence[Item], kind: type[Groups] | type[Tags]) -> dict[str, int]:
    naming: dict[str, int] = defaultdict(int)
    for number, item in enumerate(items):
        for condition in _on(item, kind):
            for value in () if condition.wanted else condition.values:
                naming[value] |= 1 << number
    return dict(naming)
