"""Why an item shows or does not, rule by rule, in words.

Each rule is asked by itself here, the plain way; the feed asks all items at once. A test holds the
two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from announcements.ads.windows import describe
from announcements.choices import Mode
from mobile.feed.eligible import PLACEMENT, eligible
from mobile.feed.home import (
    ANNOUNCEMENTS_ON_HOME,
    CAMPAIGNS_ON_HOME,
    shown_ads,
    shown_announcements,
    shown_campaigns,
)
from mobile.feed.items import AD, CAMPAIGN, PRODUCT
from mobile.feed.matching import numbers_of
from mobile.feed.moments import SHANGHAI
from mobile.switches import SHOWN

if TYPE_CHECKING:
    from mobile.feed.feeds import Feed
    from mobile.feed.items import Item
    from mobile.feed.people import Person


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule and what came of it; ``key`` is the stable word."""

    key: str
    label: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    item: Item
    shown: bool
    reasons: tuple[Reason, ...]
    # Its turn among what is shown in the same place; 1 = first, 0 = not shown.
    turn: int = 0

    @property
    def failed(self) -> list[Reason]:
        return [reason for reason in self.reasons if not reason.passed]


def explain(feed: Feed, person: Person, at: datetime, mode: str) -> list[Verdict]:
    """Every item of the feed, those shown first."""
    asked = _Asked(feed, person, at, mode)
    found = [asked.verdict(number) for number in range(len(feed.items))]
    return sorted(found, key=lambda verdict: not verdict.shown)


class _Asked:
    def __init__(self, feed: Feed, person: Person, at: datetime, mode: str) -> None:
        self.feed, self.person, self.at, self.mode = feed, person, at, mode
        self.moment = feed.moment(at)
        self.allowed = eligible(feed, person, self.moment, is_senior=mode == Mode.SENIOR)
        ads = shown_ads(feed, person, self.moment, self.allowed)
        lists = [
            *ads.values(),
            shown_announcements(feed, self.allowed),
            numbers_of(self.allowed & feed.products),
            [] if mode == Mode.SENIOR else shown_campaigns(feed, self.allowed),
        ]
        self.turns = {number: turn for each in lists for turn, number in enumerate(each, start=1)}

    def verdict(self, number: int) -> Verdict:
        item, turn = self.feed.items[number], self.turns.get(number, 0)
        reasons = [*self._of_clock(item), *self._of_person(item), *self._of_caps(item)]
        if all(reason.passed for reason in reasons):
            reasons.append(self._of_place(number, item, turn))
        return Verdict(item, turn > 0, tuple(reasons), turn)

    def _of_clock(self, item: Item) -> Iterator[Reason]:
        now = self.at.timestamp()
        on_trial = item.trial_starts <= now < item.starts
        yield Reason(
            "period",
            _("Period"),
            (item.starts <= now or (on_trial and self.person.facts.is_trial)) and now < item.ends,
            _period(item),
        )
        if on_trial:
            yield Reason(
                "trial", _("Trial"), self.person.facts.is_trial,
                _("Until its start only customers on the trial list see it."),
            )  # fmt: skip
        if item.windows:
            local = self.at.astimezone(SHANGHAI)
            is_open = item.is_open(local.isoweekday(), local.hour * 60 + local.minute)
            yield Reason("windows", _("Weekdays and hours"), is_open, _windows(item))

    def _of_person(self, item: Item) -> Iterator[Reason]:
        if self.mode == Mode.SENIOR:
            yield Reason(
                "mode", _("Senior mode"), item.for_seniors,
                _("Senior mode shows only what is marked as suitable."),
            )  # fmt: skip
        facts = self.person.facts
        if item.branch_path:
            yield Reason(
                "branch", _("Branch"), facts.branch_path.startswith(item.branch_path),
                _("It is for the customers of one branch and those below it."),
            )  # fmt: skip
        for condition in item.conditions:
            holds = condition.predicate()(facts, self.moment.year)
            yield Reason("audience", _("Audience"), holds, condition.words())

    def _of_caps(self, item: Item) -> Iterator[Reason]:
        lifetime, today = self.person.counters.get(item.id, (0, 0))
        if item.daily_cap is not None:
            yield Reason(
                "cap", _("Shows a day"), today < item.daily_cap, _of(today, item.daily_cap)
            )
        if item.lifetime_cap is not None:
            yield Reason(
                "cap", _("Shows in all"), lifetime < item.lifetime_cap,
                _of(lifetime, item.lifetime_cap),
            )  # fmt: skip
        if item.kind == AD:
            yield from self._of_placements_cap(item.placement)

    def _of_placements_cap(self, code: str) -> Iterator[Reason]:
        board = self.feed.boards.get(code)
        if board is not None and board.place.daily_cap is not None:
            _lifetime, today = self.person.counters.get(PLACEMENT + code, (0, 0))
            yield Reason(
                "cap", _("Shows of this placement a day"), not board.is_exhausted(today),
                _of(today, board.place.daily_cap),
            )  # fmt: skip

    def _of_place(self, number: int, item: Item, turn: int) -> Reason:
        if item.kind != AD:
            detail = _("Number %(turn)d") % {"turn": turn} if turn else self._why_no_turn(item)
            return Reason("placement", _("Turn"), turn > 0, detail)
        board = self.feed.boards.get(item.placement)
        if board is None or not board.place.is_enabled:
            return Reason("placement", _("Slot"), False, _("The bank does not use this placement."))
        if turn:
            return Reason("placement", _("Slot"), True, _("Slot %(turn)d") % {"turn": turn})
        return Reason("placement", _("Slot"), False, self._outranked(number, item))

    def _why_no_turn(self, item: Item) -> str:
        if item.kind == PRODUCT:
            return _("The bank has not opened this product type.")
        if item.kind == CAMPAIGN:
            return self._why_no_campaign(item)
        detail = _("The home page shows %(count)d announcements; the others are in the list.")
        return detail % {"count": ANNOUNCEMENTS_ON_HOME}

    def _why_no_campaign(self, item: Item) -> str:
        if item.state not in SHOWN:
            return _("It was stopped or ended early.")
        if self.mode == Mode.SENIOR:
            return _("Senior mode advertises no campaign; its page opens from a link.")
        detail = _("The home page shows %(count)d campaigns; the others are in the list.")
        return detail % {"count": CAMPAIGNS_ON_HOME}

    def _outranked(self, number: int, item: Item) -> str:
        board = self.feed.boards[item.placement]
        rivals = numbers_of(self.allowed & board.all)
        if item.is_house:
            return _("A house ad shows only where nothing else is left to show.")
        return _(
            "Outranked: %(slots)d slots for %(rivals)d ads; this one is number %(rank)d by priority"
            " (weights decide among equals)."
        ) % {
            "slots": board.place.slots,
            "rivals": len(rivals),
            "rank": rivals.index(number) + 1,
        }


def _of(shows: int, cap: int) -> str:
    return _("%(shows)d of %(cap)d") % {"shows": shows, "cap": cap}


def _period(item: Item) -> str:
    return f"{_moment(item.starts)} – {_moment(item.ends)}"


def _moment(seconds: float) -> str:
    if seconds in (inf, -inf):
        return _("until withdrawn")
    return date_format(datetime.fromtimestamp(seconds, SHANGHAI), "Y-m-d H:i")


def _windows(item: Item) -> str:
    return describe(
        {"days": sorted(each.days), "from": _clock(each.first), "until": _clock(each.end)}
        for each in item.windows
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
