"""What the compliance check knows of a piece of content. Each room describes its own kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Text:
    """Words that customers read, and where they stand, as the form calls it."""

    place: str | Promise
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """``kind``: "url", or one of ``publishing.links``."""

    kind: str
    id: str
    # Only of an address: "" = as ``publishing.links`` calls the target.
    label: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """The title and the end come from the envelope; a room says the rest."""

    texts: tuple[Text, ...] = ()
    links: tuple[Link, ...] = ()
    # Whether it has to end some day; notices need not.
    must_end: bool = True
    # What customers read of its rules (not in ``texts``); None = content of this kind has none.
    rules: str | None = None
    # Marked for senior mode; None = content of this kind cannot be.
    for_seniors: bool | None = None
    # Whether it is there to sell or to invite, and not just to inform.
    advertises: bool = False
    # Why it lies over the page or moves on it, as the form calls the place; empty = it does not.
    overlay: str | Promise = ""
    # None = nothing that has to be closed.
    is_closable: bool | None = None
    # A deposit itself.
    is_deposit: bool = False
    # Gives customers something: money, a coupon, a chance to win.
    is_gift: bool = False
    # The words in which its own settings tie it to a deposit.
    deposit_ties: tuple[str, ...] = field(default=())


# --- which targets are deposits, and which are gifts ----------------------------------------------
_deposits: dict[str, Callable[[str], bool]] = {}
GIFT_LINKS = frozenset({"coupon_template", "campaign"})


def register_deposits(kind: str, is_deposit: Callable[[str], bool]) -> None:
    """By the room that owns the targets of this kind: which ids are deposits."""
    _deposits[kind] = is_deposit


def leads_to_deposit(link: Link) -> bool:
    known = _deposits.get(link.kind)
    return known is not None and known(link.id)


def leads_to_gift(link: Link) -> bool:
    return link.kind in GIFT_LINKS


def only(texts: Iterable[tuple[str | Promise, str]]) -> tuple[Text, ...]:
    """Those that say something."""
    return tuple(Text(place, text) for place, text in texts if text and text.strip())
