"""Tells the rooms above what became of a coupon, in the transaction in which it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from coupons.life.answers import Question
from coupons.life.rows import Row


@dataclass(frozen=True, slots=True)
class Change:
    what: Literal["redeemed", "reversed"]
    # As it was before.
    row: Row
    # Redeemed, or taken back.
    cents: int
    question: Question


Listener = Callable[[Change], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> None:
    if listener not in _listeners:
        _listeners.append(listener)


def announce(change: Change) -> None:
    for listener in _listeners:
        listener(change)
