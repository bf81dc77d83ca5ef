"""Taking events, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.errors import BadEvent
from campaigns.taking.backward import Return, take_backward
from campaigns.taking.forward import Case, take_forward
from campaigns.taking.given import GivenEvent, Source, Taken, check_event, in_shanghai

MOST_AT_ONCE = 200
MOST_KEY = 60


def take_events(
    *, source: Source, events: Sequence[GivenEvent], at: datetime | None = None
) -> list[Taken]:
    """What became of each, in the order given. A bad one is refused with a sentence, the others
    land; each event counts once, however often and however parallel it comes."""
    at = at or timezone.now()
    taken: dict[int, Taken] = {}
    good: dict[str, int] = {}
    given: dict[str, GivenEvent] = {}
    for place, event in enumerate(events):
        try:
            check_event(event, source, at)
        except BadEvent as refusal:
            taken[place] = _refused(event, refusal)
            continue
        event = in_shanghai(event)
        if event.event_id in given:
            taken[place] = _again(event, given[event.event_id])
        else:
            good[event.event_id], given[event.event_id] = place, event
    for event, result in _taken(source, [*given.values()], at):
        taken[good[event.event_id]] = result
    return [_twice(taken, good, event, place) for place, event in enumerate(events)]


def _taken(
    source: Source, events: Sequence[GivenEvent], at: datetime
) -> Iterator[tuple[GivenEvent, Taken]]:
    """Events before reversals: they may come in one batch in any order."""
    forward = [event for event in events if not event.reverses]
    backward = [event for event in events if event.reverses]
    for first in range(0, len(forward), MOST_AT_ONCE):
        for case in take_forward(source, forward[first : first + MOST_AT_ONCE], at):
            yield case.given, _told(case)
    for first in range(0, len(backward), MOST_AT_ONCE):
        for each in take_backward(source, backward[first : first + MOST_AT_ONCE], at):
            yield each.given, _told_back(each)


def _told(case: Case) -> Taken:
    event_id = case.given.event_id
    if case.standing == "conflict":
        return _conflict(event_id)
    if case.standing == "duplicate":
        return Taken(event_id, "duplicate", outcome=case.outcome)
    return Taken(event_id, "taken", outcome=case.outcome, participations=case.results)


def _told_back(each: Return) -> Taken:
    event_id = each.given.event_id
    if each.refusal is not None:
        return _refused(each.given, each.refusal)
    if each.standing == "conflict":
        return _conflict(event_id)
    status = "duplicate" if each.standing == "duplicate" else "taken"
    return Taken(event_id, status, outcome=each.outcome)  # type: ignore[arg-type]


def _refused(event: GivenEvent, refusal: BadEvent) -> Taken:
    return Taken(event.event_id, "refused", code=refusal.code_text, detail=str(refusal))


def _conflict(event_id: str) -> Taken:
    sentence = _("The event_id %(event)s was used for another event.") % {"event": event_id}
    return Taken(event_id, "refused", code="event_id_reused", detail=sentence)


def _again(event: GivenEvent, first: GivenEvent) -> Taken:
    """The same id a second time in one batch."""
    if event.fingerprint != first.fingerprint:
        return _conflict(event.event_id)
    return Taken(event.event_id, "duplicate")


def _twice(taken: dict[int, Taken], good: dict[str, int], event: GivenEvent, place: int) -> Taken:
    told = taken[place]
    if told.status == "duplicate" and not told.outcome:
        first = taken[good[event.event_id]]
        return Taken(event.event_id, "duplicate", outcome=first.outcome)
    return told
