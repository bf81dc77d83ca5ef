"""Which ads take the slots of one placement, out of those that a customer may see.

Fixed ads keep their slot. Slots of the province go to the province's ads. What is left goes to the
bank's ads, then to the province's, then to house ads: a slot stays empty only when nothing is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mobile.feed.drawing import draw
from mobile.feed.items import AD, BANK, PROVINCE
from mobile.feed.matching import bits_of, numbers_of

if TYPE_CHECKING:
    from announcements.appearance.resolving import Place
    from mobile.feed.items import Item


class Board:
    """The ads of one placement of one feed."""

    def __init__(
        self, items: Sequence[Item], code: str, place: Place, order: Mapping[str, int]
    ) -> None:
        self.place = place
        self._items = items
        numbers = [
            number
            for number, item in enumerate(items)
            if item.kind == AD and item.placement == code
        ]
        self.all = bits_of(numbers) if place.is_enabled else 0
        self._fixed = bits_of(n for n in numbers if self._has_slot(items[n]))
        self._house = bits_of(n for n in numbers if items[n].is_house)
        self._of_scope = {
            scope: bits_of(n for n in numbers if items[n].scope == scope)
            for scope in (BANK, PROVINCE)
        }
        self._classes = _classes(items, numbers)
        self._order = {n: turn for turn, n in enumerate(_arranged(items, numbers, order))}

    def is_exhausted(self, shows_today: int) -> bool:
        """Whether a customer has been shown this placement as often as a day allows."""
        return self.place.daily_cap is not None and shows_today >= self.place.daily_cap

    def choose(self, allowed: int, seed: int) -> list[int]:
        """Numbers of the ads shown, slot by slot."""
        candidates = allowed & self.all
        if not candidates:
            return []
        slots = self._take_fixed(candidates & self._fixed)
        rest = candidates & ~bits_of(slots.values())
        house, rest = rest & self._house, rest & ~self._house
        open_to_all = self._take_province(rest, slots, seed)
        rest &= ~bits_of(slots.values())
        chosen = 0
        for group in (rest & self._of_scope[BANK], rest & self._of_scope[PROVINCE], house):
            chosen |= self._best(group, len(open_to_all) - chosen.bit_count(), seed)
        self._arrange(chosen, open_to_all, slots)
        return [slots[slot] for slot in sorted(slots)]

    def _has_slot(self, item: Item) -> bool:
        """Whether its fixed slot is there, and is one that its owner may hold."""
        if item.slot is None or not 1 <= item.slot <= self.place.slots:
            return False
        return (item.scope == PROVINCE) == (item.slot in self.place.province_slots)

    def _take_fixed(self, fixed: int) -> dict[int, int]:
        """Items stand in the order of their rank: the better one comes first to its slot."""
        slots: dict[int, int] = {}
        for number in numbers_of(fixed):
            slots.setdefault(self._items[number].slot or 0, number)
        return slots

    def _take_province(self, rest: int, slots: dict[int, int], seed: int) -> list[int]:
        """Fills the province's slots; returns the slots that stay open to all."""
        free = [slot for slot in range(1, self.place.slots + 1) if slot not in slots]
        reserved = [slot for slot in free if slot in self.place.province_slots]
        chosen = self._best(rest & self._of_scope[PROVINCE], len(reserved), seed)
        self._arrange(chosen, reserved, slots)
        return [slot for slot in free if slot not in slots]

    def _best(self, bits: int, count: int, seed: int) -> int:
        """The first ``count`` by priority; among equals they are drawn by weight."""
        if bits.bit_count() <= count:
            return bits
        chosen = 0
        for equals in self._classes:
            wanted = count - chosen.bit_count()
            if wanted <= 0:
                break
            mine = bits & equals
            if mine.bit_count() > wanted:
                mine = draw(self._items, mine, wanted, seed)
            chosen |= mine
        return chosen

    def _arrange(self, chosen: int, into: Sequence[int], slots: dict[int, int]) -> None:
        ordered = sorted(numbers_of(chosen), key=self._order.__getitem__)
        for slot, number in zip(into, ordered, strict=False):
            slots[slot] = number


def _classes(items: Sequence[Item], numbers: Sequence[int]) -> list[int]:
    """Sets of equal priority, the highest first."""
    by_priority: dict[int, int] = {}
    for number in numbers:
        priority = items[number].priority
        by_priority[priority] = by_priority.get(priority, 0) | (1 << number)
    return [by_priority[priority] for priority in sorted(by_priority, reverse=True)]


def _arranged(items: Sequence[Item], numbers: Sequence[int], order: Mapping[str, int]) -> list[int]:
    """As arranged by hand; what is not named there follows by rank."""
    return sorted(numbers, key=lambda n: (order.get(items[n].id, len(order)), n))
