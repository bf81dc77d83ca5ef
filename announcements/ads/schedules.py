"""What shows when: per placement the ads of some days, how full its slots are, and what clashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from announcements.ads import conflicts, rules
from announcements.ads.models import Ad
from announcements.ads.rules import PlacementRules
from announcements.ads.windows import spans_on
from approvals.wording import moment
from audit.context import current_schema
from operators.roles import is_platform
from publishing import envelopes
from publishing.choices import Stage
from publishing.models import Publication
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from operators.models import Operator

SHOWN_STAGES = (Stage.LIVE, Stage.SCHEDULED, Stage.ENDED, Stage.IN_REVIEW, Stage.DRAFT)
RESERVED = "reserved"


@dataclass(slots=True)
class Bar:
    title: str
    # None = the province's, which has no page here.
    pk: int | None
    stage: str
    stage_label: str
    envelope: envelopes.Envelope
    starts: datetime
    ends: datetime | None
    # Columns from 1, both included.
    first: int = 0
    last: int = 0
    lane: int = 0
    begins_before: bool = False
    goes_on: bool = False
    clashes: list[str] = field(default_factory=list)

    @property
    def slot(self) -> int | None:
        return self.envelope["payload"]["slot"]

    @property
    def is_house(self) -> bool:
        return self.envelope["payload"]["house"]

    @property
    def counts(self) -> bool:
        """Whether customers have it, or will."""
        return self.stage in (Stage.LIVE, Stage.SCHEDULED, Stage.ENDED, RESERVED)

    @property
    def period(self) -> str:
        return f"{moment(self.starts, '')} – {moment(self.ends, _('until withdrawn'))}"

    def shows_on(self, day: date) -> bool:
        begin, end = _bounds(day)
        if self.starts >= end or (self.ends is not None and self.ends <= begin):
            return False
        return bool(spans_on(self.envelope["payload"]["windows"], day.isoweekday()))


@dataclass(frozen=True, slots=True)
class Load:
    """How full a placement is on one day."""

    day: date
    ads: int
    slots: int
    # "" = all of them show; "rotation" = they take turns; "waiting" = lower priorities do not show.
    mark: str


@dataclass(frozen=True, slots=True)
class Board:
    rules: PlacementRules
    bars: list[Bar]
    lanes: int
    loads: list[Load]
    clashes: list[str]


def boards(*, operator: Operator, first: date, days: int, at: datetime) -> list[Board]:
    """One per placement of the catalogue, for the days from ``first`` on."""
    bars = [*_own(operator, first, days, at), *_of_province(first, days, at)]
    by_placement: dict[str, list[Bar]] = defaultdict(list)
    for bar in bars:
        by_placement[bar.envelope["payload"]["placement"]].append(bar)
    dates = [first + timedelta(days=number) for number in range(days)]
    return [_board(each, by_placement[each.code], dates) for each in rules.all_rules()]


def _board(placed: PlacementRules, bars: list[Bar], dates: Sequence[date]) -> Board:
    clashes = _mark_clashes(bars)
    loads = [_load(placed, bars, day) for day in dates]
    return Board(placed, bars, _stack(bars, dates), loads, clashes)


# --- what there is --------------------------------------------------------------------------------
def _own(operator: Operator, first: date, days: int, at: datetime) -> list[Bar]:
    drafts = Ad.objects.visible_to(operator).for_changelist(at).filter(stage__in=SHOWN_STAGES)
    known = {draft.uid: draft for draft in drafts}
    newest = Publication.objects.newest(at).filter(kind="ad", target_id__in=known)
    published = {each.target_id: envelopes.of_publication(each) for each in newest}
    bars = []
    for uid, draft in known.items():
        envelope = published.get(uid) or _envelope(draft)
        bar = _bar(envelope, draft.pk, draft.stage, str(Stage(draft.stage).label))
        if draft.in_review and draft.stage != Stage.IN_REVIEW:
            bar.stage_label += f" · {Stage.IN_REVIEW.label}"
        bars.append(bar)
    return [bar for bar in bars if _in_range(bar, first, days)]


def _of_province(first: date, days: int, at: datetime) -> list[Bar]:
    """In a bank: what the province shows there beside the bank's own."""
    if is_platform(current_schema()):
        return []
    with tenant_context(PLATFORM):
        found = [
            envelopes.of_publication(each)
            for each in Publication.objects.current(at).filter(kind="ad")
        ]
    label = _("the province's")
    bars = (_bar(envelope, None, RESERVED, label) for envelope in found if envelope)
    return [bar for bar in bars if _in_range(bar, first, days)]


def _envelope(draft: Ad) -> envelopes.Envelope:
    """As far as the calendar needs it; rendering each draft in full would ask for its settings."""
    return {
        "title": draft.title,
        "starts_at": envelopes.to_text(draft.starts_at),
        "ends_at": envelopes.to_text(draft.ends_at),
        "branch_path": draft.branch.path if draft.branch is not None else "",
        "priority": draft.priority,
        "payload": {
            "placement": draft.placement,
            "slot": draft.slot,
            "windows": draft.windows,
            "house": draft.is_house,
        },
    }


def _bar(envelope: envelopes.Envelope, pk: int | None, stage: str, label: str) -> Bar:
    starts = envelopes.to_moment(envelope["starts_at"])
    assert starts is not None
    ends = envelopes.to_moment(envelope["ends_at"])
    return Bar(envelope["title"], pk, stage, label, envelope, starts, ends)


def _in_range(bar: Bar, first: date, days: int) -> bool:
    begin, end = _bounds(first)[0], _bounds(first + timedelta(days=days - 1))[1]
    return bar.starts < end and (bar.ends is None or bar.ends > begin)


def _bounds(day: date) -> tuple[datetime, datetime]:
    begin = timezone.make_aware(datetime.combine(day, time.min))
    return begin, begin + timedelta(days=1)


# --- where it stands ------------------------------------------------------------------------------
def _stack(bars: list[Bar], dates: Sequence[date]) -> int:
    """Gives every bar its columns and the first free lane; returns how many lanes there are."""
    begin, end = _bounds(dates[0])[0], _bounds(dates[-1])[1]
    free_from: list[int] = []
    for bar in sorted(bars, key=lambda each: (each.pk is not None, each.starts, each.title)):
        last = bar.ends - timedelta(microseconds=1) if bar.ends is not None else end
        bar.begins_before, bar.goes_on = bar.starts < begin, bar.ends is None or bar.ends > end
        bar.first = max(1, (timezone.localdate(bar.starts) - dates[0]).days + 1)
        bar.last = min(len(dates), (timezone.localdate(last) - dates[0]).days + 1)
        lanes = (lane for lane, free in enumerate(free_from) if free <= bar.first)
        bar.lane = next(lanes, len(free_from))
        if bar.lane == len(free_from):
            free_from.append(0)
        free_from[bar.lane] = bar.last + 1
        bar.lane += 1
    bars.sort(key=lambda each: (each.lane, each.first))
    return len(free_from)


# --- how full it is -------------------------------------------------------------------------------
def _load(placed: PlacementRules, bars: Iterable[Bar], day: date) -> Load:
    shown = [bar for bar in bars if bar.counts and not bar.is_house and bar.shows_on(day)]
    kept = {bar.slot for bar in shown if bar.slot is not None}
    others = sorted((_priority(bar) for bar in shown if bar.slot is None), reverse=True)
    free = max(0, placed.slots - len(kept))
    return Load(day, len(shown), placed.slots, _mark(others, free))


def _mark(priorities: Sequence[int], free: int) -> str:
    """``priorities`` from the highest down, of the ads that keep no slot."""
    if len(priorities) <= free:
        return ""
    return "rotation" if free == 0 or priorities[free - 1] == priorities[free] else "waiting"


def _priority(bar: Bar) -> int:
    return bar.envelope["priority"]


def _mark_clashes(bars: Iterable[Bar]) -> list[str]:
    by_slot: dict[int, list[Bar]] = defaultdict(list)
    for bar in sorted(bars, key=lambda each: (each.starts, each.title)):
        if bar.slot is not None and bar.stage != Stage.ENDED:
            by_slot[bar.slot].append(bar)
    sentences = []
    for slot, same in sorted(by_slot.items()):
        for one, other in combinations(same, 2):
            both_drafts = one.stage == other.stage == Stage.DRAFT
            if both_drafts or not conflicts.overlap(one.envelope, other.envelope):
                continue
            one.clashes.append(other.title)
            other.clashes.append(one.title)
            sentences.append(
                _("Slot %(slot)s: “%(one)s” and “%(other)s” ask for it at the same time.")
                % {"slot": slot, "one": one.title, "other": other.title}
            )
    return sentences


def month_of(day: date) -> tuple[date, int]:
    """Its first day, and how many days it has."""
    first = day.replace(day=1)
    return first, (_next_month(first) - first).days


def week_of(day: date) -> tuple[date, int]:
    return day - timedelta(days=day.isoweekday() - 1), 7


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def neighbours(view: str, first: date, days: int) -> dict[str, Any]:
    before = first - timedelta(days=1)
    start = month_of(before)[0] if view == "month" else week_of(before)[0]
    return {"before": start, "after": first + timedelta(days=days)}
