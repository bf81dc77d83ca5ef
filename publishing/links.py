"""What content may link to. A room registers the kinds of target that it owns in ``ready()``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Target:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class TargetKind:
    """``name`` is the word of the channel API: function, zone_product, campaign, announcement."""

    name: str
    label: str | Promise
    # What may be chosen by who works in this subtree of branches (empty = the whole bank), in the
    # current schema; few enough for one list.
    choices: Callable[[str], Sequence[Target]]
    # The target of an id as things stand, or None: it is gone, or never was this bank's.
    find: Callable[[str], Target | None]


_kinds: dict[str, TargetKind] = {}


def register(kind: TargetKind) -> TargetKind:
    _kinds[kind.name] = kind
    return kind


def get(name: str) -> TargetKind | None:
    return _kinds.get(name)


def kinds() -> list[TargetKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)
