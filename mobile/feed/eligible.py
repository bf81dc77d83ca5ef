"""The items that one person may see at one moment, before any of them takes a slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mobile.feed.feeds import Feed
    from mobile.feed.moments import Moment
    from mobile.feed.people import Person

PLACEMENT = "placement:"


def eligible(feed: Feed, person: Person, moment: Moment, *, is_senior: bool) -> int:
    bits = moment.live | moment.on_trial if person.facts.is_trial else moment.live
    bits &= feed.matcher.of(person.facts, moment.year)
    if is_senior:
        bits &= feed.for_seniors
    return bits & ~_exhausted(feed, person)


def _exhausted(feed: Feed, person: Person) -> int:
    """Display caps are soft: what is counted is what was reported as shown."""
    bits = 0
    for subject, (lifetime, today) in person.counters.items():
        number = feed.by_id.get(subject)
        if number is not None:
            if feed.items[number].is_exhausted(lifetime, today):
                bits |= 1 << number
        elif subject.startswith(PLACEMENT):
            board = feed.boards.get(subject[len(PLACEMENT) :])
            if board is not None and board.is_exhausted(today):
                bits |= board.all
    return bits
