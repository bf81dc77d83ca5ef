"""What shows and what does not, rule by rule, as the operator reads it beside the phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from announcements.choices import PlacementCode
from mobile.feed.items import AD
from publishing import registry

if TYPE_CHECKING:
    from mobile.feed.explaining import Reason, Verdict
    from mobile.feed.items import Item
    from mobile.preview.scenes import Scene

PLACES = {code: place for place, code in enumerate(PlacementCode.values)}


@dataclass(frozen=True, slots=True)
class Line:
    item: Item
    is_shown: bool
    # Where it stands in the app, or what it is.
    place: str
    is_marked: bool
    failing: Sequence[Reason]
    passed: Sequence[Reason]
    # Shows today that were assumed; None = this item has no limit of shows.
    shown_today: int | None


@dataclass(frozen=True, slots=True)
class Reckoning:
    hidden: list[Line]
    shown: list[Line]
    # What is under preview, first of all; it stands in one of the lists too.
    marked: Line | None

    @property
    def is_empty(self) -> bool:
        return not self.hidden and not self.shown


def reckoning_of(scene: Scene) -> Reckoning:
    lines = sorted((_line(each, scene) for each in scene.verdicts()), key=_turn)
    return Reckoning(
        hidden=[line for line in lines if not line.is_shown],
        shown=[line for line in lines if line.is_shown],
        marked=next((line for line in lines if line.is_marked), None),
    )


def _line(verdict: Verdict, scene: Scene) -> Line:
    item = verdict.item
    counted = dict(scene.choices.shown)
    return Line(
        item=item,
        is_shown=verdict.shown,
        place=_place(item),
        is_marked=item.id == scene.marked,
        failing=[reason for reason in verdict.reasons if not reason.passed],
        passed=[reason for reason in verdict.reasons if reason.passed],
        shown_today=counted.get(item.id, 0) if item.is_capped else None,
    )


def _place(item: Item) -> str:
    if item.kind == AD:
        return str(PlacementCode(item.placement).label)
    return str(registry.get(item.kind).label)


def _turn(line: Line) -> tuple[bool, int]:
    return (not line.is_marked, PLACES.get(line.item.placement, len(PLACES)))
