"""What is on record about one customer, from every room that keeps something.

A room registers a source; the page of a customer's history shows all of them in one order, the
newest first, and reads no more of each than the page holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.functional import Promise

if TYPE_CHECKING:
    from customers.models import Preference

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    # Tells a source's lines of one moment apart.
    key: UUID
    # What happened: "shown", "read".
    what: Text
    # With what: the title of an announcement, the name of a coupon.
    title: str
    # Where, which version: in a few words.
    details: str = ""
    # Who reported it.
    reported_by: Text = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``limit`` lines from [since, until) that lie before (at, key), the newest first."""

    customer_number: str
    limit: int
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, UUID] | None = None


Reader = Callable[[Wanted], list[Line]]


@dataclass(frozen=True, slots=True)
class Source:
    """``name`` is its word in addresses."""

    name: str
    label: Text
    reader: Reader


_sources: dict[str, Source] = {}
_placements: dict[str, Text] = {}
_preference_words: list[Callable[[Preference], list[tuple[Text, str]]]] = []


def register_source(name: str, label: Text, reader: Reader) -> None:
    _sources[name] = Source(name, label, reader)


def sources() -> list[Source]:
    return [_sources[name] for name in sorted(_sources)]


def register_placements(names: Iterable[tuple[str, Text]]) -> None:
    """What the places of the app are called."""
    _placements.update(names)


def placement_name(code: str) -> str:
    return str(_placements.get(code, code))


def register_preference_words(describe: Callable[[Preference], list[tuple[Text, str]]]) -> None:
    """A customer's own choices as a person reads them: (what, choice)."""
    if describe not in _preference_words:
        _preference_words.append(describe)


def preference_words(preference: Preference) -> list[tuple[Text, str]]:
    return [line for describe in _preference_words for line in describe(preference)]
