"""Draws by weight that are the same for one customer all day, in every process."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from math import log
from typing import TYPE_CHECKING

from mobile.feed.matching import bits_of, numbers_of

if TYPE_CHECKING:
    from mobile.feed.items import Item

_MASK = (1 << 64) - 1
_SCALE = 1 / (1 << 64)


def seed_of(customer_number: str, day: str) -> int:
    digest = blake2b(f"{customer_number}|{day}".encode(), digest_size=8).digest()
    return int.from_bytes(digest)


def draw(items: Sequence[Item], bits: int, count: int, seed: int) -> int:
    """``count`` of the items of ``bits``, each with a chance in proportion to its weight.

    Efraimidis and Spirakis (2006): the largest u^(1/w), here as log(u) / w. An item's u depends on
    the customer, the day and the item alone: another item's coming or going moves nobody's place.
    """
    scored = []
    for number in numbers_of(bits):
        item = items[number]
        # u in (0, 1], by the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
        mixed = seed ^ item.salt
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        scored.append((log(((mixed ^ (mixed >> 31)) + 1) * _SCALE) / item.weight, number))
    scored.sort()
    return bits_of(number for _score, number in scored[-count:])
