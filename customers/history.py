"""The page for complaints: what one customer was shown and when, what they did and chose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit.services import record
from customers import histories
from customers.choices import TouchpointKind
from customers.histories import Line, Source, Wanted
from customers.models import Customer, Preference, Touchpoint
from customers.preferences import preference_of
from customers.titles import Titles
from customers.weeks import SHANGHAI
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from operators.models import Operator

PERMISSION = "customers.view_history"
PAGE_SIZE = 50
COLOURS = {TouchpointKind.IMPRESSION: "info", TouchpointKind.CLICK: "success"}
FIRST_KEY, LAST_KEY = UUID(int=0), UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last line of a page: the next page begins behind it."""

    at: datetime
    source: str
    key: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.source}~{self.key}"

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        try:
            at, source, key = text.split("~")
            moment = datetime.fromisoformat(at)
            found = cls(moment, source, UUID(key))
        except ValueError:
            return None
        return found if moment.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class Filters:
    """Days of Shanghai, both included; ``kind`` is the name of one source, empty = all."""

    first: date | None = None
    last: date | None = None
    kind: str = ""
    after: Cursor | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    lines: list[Line]
    # Where the next page begins; empty = there are no more lines.
    next_after: str
    preference: Preference
    preference_words: list[tuple[Any, str]]


@transaction.atomic
def open_history(*, actor: Operator, customer: Customer, filters: Filters) -> HistoryPage:
    """Each look is on record, with what was looked for."""
    require(actor, PERMISSION)
    require_branch(actor, customer.branch.path if customer.branch else "")
    record(
        "customers.history_viewed",
        actor=actor, target=customer, branch=customer.branch,
        after={
            "first_day": str(filters.first or ""), "last_day": str(filters.last or ""),
            "kind": filters.kind, "is_first_page": filters.after is None,
        },
    )  # fmt: skip
    preference = preference_of(customer.number)
    words = histories.preference_words(preference) if preference.changed_at else []
    return HistoryPage(*_page(customer.number, filters), preference, words)


def all_sources() -> list[Source]:
    """The touchpoints, kind by kind, and what the rooms above have registered."""
    own = [Source(kind.value, kind.label, _reader_of(kind)) for kind in TouchpointKind]
    return [*own, *histories.sources()]


def _page(number: str, filters: Filters) -> tuple[list[Line], str]:
    wanted = Wanted(
        number, PAGE_SIZE + 1, since=_midnight(filters.first), until=_midnight(filters.last, 1)
    )
    found = [
        (line.at, source.name, line.key, line)
        for source in _sources_of(filters.kind)
        for line in source.reader(replace(wanted, before=_before(filters.after, source.name)))
    ]
    found.sort(key=lambda entry: entry[:3], reverse=True)
    page = found[:PAGE_SIZE]
    more = str(Cursor(*page[-1][:3])) if len(found) > PAGE_SIZE else ""
    return [entry[3] for entry in page], more


def _sources_of(kind: str) -> Iterable[Source]:
    """Of all, the touchpoints are read at once: one walk along the index, not one per kind."""
    if kind:
        return [source for source in all_sources() if source.name == kind]
    return [Source("touchpoint", "", _touchpoints), *histories.sources()]


def _before(after: Cursor | None, source: str) -> tuple[datetime, UUID] | None:
    """Lines are in order of (moment, source, key)."""
    if after is None:
        return None
    if source == after.source:
        return after.at, after.key
    return after.at, LAST_KEY if source < after.source else FIRST_KEY


def _midnight(day: date | None, days_on: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), SHANGHAI) + timedelta(days=days_on)


def _reader_of(kind: TouchpointKind) -> histories.Reader:
    return lambda wanted: _touchpoints(wanted, Q(kind=kind))


def _touchpoints(wanted: Wanted, condition: Q | None = None) -> list[Line]:
    rows = Touchpoint.objects.filter(condition or Q(), customer_number=wanted.customer_number)
    if wanted.since:
        rows = rows.filter(occurred_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(occurred_at__lt=wanted.until)
    if wanted.before:
        at, key = wanted.before
        # The first bound is the index's; the second tells events of one moment apart.
        rows = rows.filter(occurred_at__lte=at).exclude(occurred_at=at, event_id__gte=key)
    found = list(rows.order_by("-occurred_at", "-event_id")[: wanted.limit])
    titles = Titles(row.item_uid for row in found)
    return [_line(row, titles) for row in found]


def _line(row: Touchpoint, titles: Titles) -> Line:
    kind = TouchpointKind(row.kind)
    known = titles.of(row.item_uid, row.item_version)
    return Line(
        at=row.occurred_at,
        key=row.event_id,
        what=kind.label,
        title=known or _("unknown content %(uid)s") % {"uid": row.item_uid},
        details=" · ".join(_details(row)),
        reported_by=row.reported_by or pgettext("reported by", "mobile app"),
        colour=COLOURS.get(kind, ""),
    )


def _details(row: Touchpoint) -> Iterator[str]:
    if row.placement:
        yield histories.placement_name(row.placement)
    if row.item_version:
        yield _("version %(number)s") % {"number": row.item_version}
