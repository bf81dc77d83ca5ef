"""The home document of the channel API for one person at one moment.

Put together from parts that were encoded when the feed was compiled: a pure function of customer,
day, edition, cap counters and choices, and of what the catalogues say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from announcements.appearance.resolving import SENIOR, Mode, functions_for, look_at, mode_for
from announcements.choices import PlacementCode
from mobile.feed.drawing import seed_of
from mobile.feed.eligible import eligible
from mobile.feed.items import ENCODE
from mobile.feed.matching import numbers_of
from mobile.feed.people import Person
from mobile.feed.zone import types_shown

if TYPE_CHECKING:
    from mobile.feed.feeds import Feed
    from mobile.feed.moments import Moment

# The rest is behind "all announcements".
ANNOUNCEMENTS_ON_HOME = 10
# As before; the rest is in the list of campaigns.
CAMPAIGNS_ON_HOME = 10
MAX_ENCODED = 2048


def render(
    feed: Feed, person: Person, at: datetime, *, mode: str = "", skin: str = ""
) -> dict[str, Any]:
    """The document as data; ``mode`` and ``skin`` overrule what the person would have."""
    return msgspec.json.decode(b"".join(encode(feed, person, at, mode=mode, skin=skin)))


def encode(
    feed: Feed, person: Person, at: datetime, *, mode: str = "", skin: str = ""
) -> tuple[bytes, ...]:
    """The document as JSON, in parts."""
    moment = feed.moment(at)
    shown_mode = mode_for(
        feed.appearance, person.facts, chosen=person.choices.mode, asked=mode, year=moment.year
    )
    bits = eligible(feed, person, moment, is_senior=shown_mode == SENIOR)
    return (
        _head(feed, person, moment, at, shown_mode, skin),
        _functions(feed, person, shown_mode),
        b',"placements":{',
        *_placements(feed, person, moment, bits),
        b'},"announcements":[',
        _announcements(feed, person, bits),
        b'],"zone":',
        _zone(feed, bits & feed.products, is_senior=shown_mode == SENIOR),
        b',"campaigns":[',
        # Senior mode advertises nothing.
        b"" if shown_mode == SENIOR else _campaigns(feed, bits & feed.campaigns),
        b"]}",
    )


def shown_ads(feed: Feed, person: Person, moment: Moment, bits: int) -> dict[str, list[int]]:
    seed = seed_of(person.number, moment.day)
    return {code: board.choose(bits, seed) for code, board in feed.boards.items()}


def shown_announcements(feed: Feed, bits: int) -> list[int]:
    return numbers_of(bits & feed.announcements, ANNOUNCEMENTS_ON_HOME)


def shown_campaigns(feed: Feed, bits: int) -> list[int]:
    """Outside senior mode."""
    return numbers_of(bits & feed.campaigns, CAMPAIGNS_ON_HOME)


def _head(feed: Feed, person: Person, moment: Moment, at: datetime, mode: str, skin: str) -> bytes:
    key = ("head", moment.first, mode, skin, person.choices.skin)
    encoded = feed.encoded.get(key)
    if encoded is None:
        look = look_at(
            feed.appearance,
            feed.catalogue.skins,
            at,
            chosen_skin=skin or person.choices.skin,
            bank_skin=feed.catalogue.bank_skin,
        )
        document = {
            "edition": feed.digest,
            "skin": look.skin,
            "palette": look.palette,
            "mode": mode,
            "choices": {
                "skin": bool(feed.appearance["customer_skin"]),
                "functions": bool(feed.appearance["customer_functions"]),
            },
        }
        encoded = _remembered(feed, key, ENCODE(document)[:-1] + b',"functions":')
    return encoded


def _functions(feed: Feed, person: Person, mode: Mode) -> bytes:
    key = ("functions", mode, person.facts.groups, person.choices.functions)
    encoded = feed.encoded.get(key)
    if encoded is None:
        functions = functions_for(
            feed.appearance,
            feed.catalogue.functions,
            mode=mode,
            facts=person.facts,
            chosen=person.choices.functions,
        )
        encoded = _remembered(feed, key, ENCODE(functions))
    return encoded


def _zone(feed: Feed, bits: int, *, is_senior: bool) -> bytes:
    """Nearly all customers of a bank are shown the same products."""
    key = ("zone", bits, is_senior)
    encoded = feed.encoded.get(key)
    if encoded is None:
        shown = ENCODE(types_shown(feed, bits, is_senior=is_senior))
        encoded = _remembered(feed, key, shown)
    return encoded


def _campaigns(feed: Feed, bits: int) -> bytes:
    if not bits:
        return b""
    key = ("campaigns", bits)
    encoded = feed.encoded.get(key)
    if encoded is None:
        shown = [feed.items[number].encoded for number in shown_campaigns(feed, bits)]
        encoded = _remembered(feed, key, b",".join(shown))
    return encoded


def _remembered(feed: Feed, key: tuple[object, ...], encoded: bytes) -> bytes:
    if len(feed.encoded) >= MAX_ENCODED:
        feed.encoded.clear()
    feed.encoded[key] = encoded
    return encoded


OPENINGS = {
    code: f'{"," if place else ""}"{code}":['.encode()
    for place, code in enumerate(PlacementCode.values)
}


def _placements(feed: Feed, person: Person, moment: Moment, bits: int) -> Iterator[bytes]:
    items = feed.items
    for code, numbers in shown_ads(feed, person, moment, bits).items():
        yield OPENINGS[code]
        if numbers:
            yield b",".join([items[number].encoded for number in numbers])
        yield b"]"


def _announcements(feed: Feed, person: Person, bits: int) -> bytes:
    items, read = feed.items, person.read
    return b",".join([
        items[number].encoded_read if items[number].id in read else items[number].encoded
        for number in shown_announcements(feed, bits)
    ])  # fmt: skip
