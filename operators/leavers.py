"""Rooms above keep what people own; when somebody leaves they hand it over. They register here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from operators.models import Operator


class HandOver(Protocol):
    def __call__(self, *, actor: Operator, leaver: Operator, colleague: Operator | None) -> int:
        """Move or withdraw what ``leaver`` owns, in the caller's transaction; how many there were.

        Raises ``operators.errors.ColleagueNeeded`` when something must have an owner and
        ``colleague`` is None.
        """


_handovers: dict[str, HandOver] = {}


def register(name: str) -> Callable[[HandOver], HandOver]:
    """``@register("announcements.drafts")`` on the function; the name shows in the audit trail."""

    def keep(hand_over: HandOver) -> HandOver:
        _handovers[name] = hand_over
        return hand_over

    return keep


def hand_over_all(
    *, actor: Operator, leaver: Operator, colleague: Operator | None
) -> dict[str, int]:
    """In the order of the names, so that two people who leave at once lock rows in one order."""
    counts = {
        name: _handovers[name](actor=actor, leaver=leaver, colleague=colleague)
        for name in sorted(_handovers)
    }
    return {name: count for name, count in counts.items() if count}
