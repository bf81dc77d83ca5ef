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
        house = bits_of(n for n in numbers if items[n].is_house)
        of_bank = bits_of(n for n in numbers if items[n].scope == BANK)
        self._of_province = self.all & ~of_bank & ~house
        # Who may have a slot that is open to all, the first before the next.
        self._chain = (of_bank & ~house, self._of_province, house)
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
        seats = self._take_fixed(candidates & self._fixed)
        rest = candidates & ~bits_of(seats.values()) if seats else candidates
        open_slots = self.place.slots - len(seats)
        kept = [slot for slot in self.place.province_slots if slot not in seats]
        reserved = self._best(rest & self._of_province, len(kept), seed) if kept else 0
        rest &= ~reserved
        wanted = open_slots - reserved.bit_count()
        chosen: list[int] = []
        for group in self._chain:
            if wanted > 0 and rest & group:
                more = self._in_order(self._best(rest & group, wanted, seed))
                chosen += more
                wanted -= len(more)
        if not seats and not reserved:
            return chosen
        return self._seated(seats, self._in_order(reserved), chosen)

    def _has_slot(self, item: Item) -> bool:
        """Whether its fixed slot is there, and is one that its owner may hold."""
        if item.slot is None or not 1 <= item.slot <= self.place.slots:
            return False
        return (item.scope == PROVINCE) == (item.slot in self.place.province_slots)

    def _take_fixed(self, fixed: int) -> dict[int, int]:
        """Items stand in the order of their rank: the better one comes first to its slot."""
        seats: dict[int, int] = {}
        for number in numbers_of(fixed):
            seats.setdefault(self._items[number].slot or 0, number)
        return seats

    def _best(self, bits: int, count: int, seed: int) -> int:
        """The first ``count`` by priority; among equals they are drawn by weight."""
        if bits.bit_count() <= count:
            return bits
        chosen = 0
        for equals in self._classes:
            mine = bits & equals
            size = mine.bit_count()
            if size > count:
                return chosen | draw(self._items, mine, count, seed)
            chosen |= mine
            count -= size
            if not count:
                break
        return chosen

    def _in_order(self, chosen: int) -> list[int]:
        numbers = numbers_of(chosen)
        if len(numbers) > 1:
            numbers.sort(key=self._order.__getitem__)
        return numbers

    def _seated(self, seats: dict[int, int], reserved: list[int], others: list[int]) -> list[int]:
        """The province's into its slots, the others into what is left, first come first."""
        for slot in sorted(self.place.province_slots):
            if reserved and slot not in seats:
                seats[slot] = reserved.pop(0)
        free = (slot for slot in range(1, self.place.slots + 1) if slot not in seats)
        seats |= dict(zip(list(free), others, strict=False))
        return [seats[slot] for slot in sorted(seats)]


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
