"""Tells whoever keeps customers in memory that something about them has changed.

The rooms above register a listener; it is called after the commit of the change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from django.db import transaction

from audit.context import current_schema

# Gets the schema's name and the customers' numbers; None = any of the bank's customers.
Listener = Callable[[str, "tuple[str, ...] | None"], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> None:
    if listener not in _listeners:
        _listeners.append(listener)


def customers_changed(numbers: Iterable[str] | None = None) -> None:
    """Facts, counters or choices of these customers of the current bank (None = of many)."""
    known = None if numbers is None else tuple(sorted(set(numbers)))
    transaction.on_commit(partial(_tell, current_schema(), known))


def _tell(schema_name: str, numbers: tuple[str, ...] | None) -> None:
    for listener in _listeners:
        listener(schema_name, numbers)
