"""Events that a room hides from operators who may read the trail, but not what these are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

# Of an operator: the events to leave out; None = there are none.
Hidden = Callable[[Any], Q | None]

_rooms: dict[str, Hidden] = {}


def register(room: str, hidden: Hidden) -> None:
    _rooms[room] = hidden


def shown_to(operator: Any, rows: QuerySet) -> QuerySet:
    for hidden in _rooms.values():
        found = hidden(operator)
        rows = rows if found is None else rows.exclude(found)
    return rows
