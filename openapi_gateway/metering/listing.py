"""A page of the call log. Millions of rows: each page is a walk along an index, and the counts of
the days say beforehand where there is anything to find, and how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from openapi_gateway.metering.choices import OK, UNKNOWN, Span
from openapi_gateway.metering.models import CallLog, Usage
from openapi_gateway.metering.months import midnight

REFUSED, FAILED = "refused", "failed"
_CONDITIONS = {
    OK: Q(status__gte=200, status__lt=400),
    REFUSED: Q(status__gte=400, status__lt=500),
    FAILED: Q(status__gte=500) | Q(status=0),
}


@dataclass(frozen=True, slots=True)
class Asked:
    # None = of all banks.
    bank_id: int | None
    # The beginning says what it is: req_…, k_…, app_….
    keyword: str = ""
    app_id: str = ""
    environment: str = ""
    service: str | None = None
    # "ok", "refused", "failed", "unknown", or a code.
    outcome: str = ""
    # Days of Shanghai, both included.
    first: date | None = None
    last: date | None = None

    @property
    def shared(self) -> Q:
        """What the log and the counts of days have in common."""
        found = Q()
        if self.bank_id is not None:
            found &= Q(bank_id=self.bank_id)
        if self.environment:
            found &= Q(environment=self.environment)
        if self.service is not None:
            found &= Q(service=self.service)
        if self.outcome:
            found &= _CONDITIONS.get(self.outcome, Q(code=self.outcome))
        for app_id in filter(None, {self.app_id, self._keyword_of("app_")}):
            found &= Q(app_id=app_id)
        return found

    @property
    def named(self) -> Q | None:
        """What only the log knows; None = nothing of the kind is asked for."""
        if not self.keyword or self._keyword_of("app_"):
            return None
        if self._keyword_of("k_"):
            return Q(key_id=self.keyword)
        return Q(request_id=self.keyword)

    @property
    def span(self) -> Q:
        found = Q()
        if self.first is not None:
            found &= Q(at__gte=midnight(self.first))
        if self.last is not None:
            found &= Q(at__lt=midnight(self.last + timedelta(days=1)))
        return found

    def _keyword_of(self, beginning: str) -> str:
        return self.keyword if self.keyword.startswith(beginning) else ""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which row the next page begins."""

    at: datetime
    request_id: str

    def __str__(self) -> str:
        return f"{round(self.at.timestamp() * 1000)}.{self.request_id}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        milliseconds, _dot, request_id = text.partition(".")
        if not (milliseconds.isascii() and milliseconds.isdigit() and len(milliseconds) < 15):
            return None
        if not request_id.isprintable():
            return None
        return cls(datetime.fromtimestamp(int(milliseconds) / 1000, UTC), request_id)

    @property
    def behind(self) -> Q:
        return Q(at__lte=self.at) & ~Q(at=self.at, request_id__gte=self.request_id)


@dataclass(slots=True)
class CallPage:
    rows: list[CallLog] = field(default_factory=list)
    # Of all pages; None = nobody has counted.
    total: int | None = None
    next_place: Place | None = None


def read_page(asked: Asked, *, size: int, after: Place | None = None) -> CallPage:
    """The newest first."""
    page = CallPage()
    if asked.named is None and not _is_claimed(asked):
        counts = _days(asked)
        page.total = sum(counts.values())
        found = _walk(asked, _stretches(counts), after, size + 1)
    else:
        found = iter(_rows(asked, after)[: size + 1])
    rows = list(found)
    page.rows = rows[:size]
    if len(rows) > size:
        page.next_place = Place(page.rows[-1].at, page.rows[-1].request_id)
    return page


def read_all(asked: Asked, *, limit: int, at_once: int = 1000) -> Iterator[CallLog]:
    after: Place | None = None
    left = limit
    while left > 0:
        page = read_page(asked, size=min(at_once, left), after=after)
        yield from page.rows
        left -= len(page.rows)
        after = page.next_place
        if after is None:
            return


def codes_of(bank_id: int | None) -> list[str]:
    """Those that occur, for a choice."""
    rows = Usage.objects.filter(span=Span.MONTH).exclude(code__in=[OK, UNKNOWN])
    if bank_id is not None:
        rows = rows.filter(bank_id=bank_id)
    return sorted(rows.order_by().values_list("code", flat=True).distinct())


def _is_claimed(asked: Asked) -> bool:
    """A client that nobody knows: the counts of days do not name it."""
    app_id = asked.app_id or (asked.keyword if asked.keyword.startswith("app_") else "")
    return bool(app_id) and not Usage.objects.filter(span=Span.MONTH, app_id=app_id).exists()


def _days(asked: Asked) -> dict[date, int]:
    rows = Usage.objects.filter(asked.shared, span=Span.DAY)
    if asked.first is not None:
        rows = rows.filter(starts_on__gte=asked.first)
    if asked.last is not None:
        rows = rows.filter(starts_on__lte=asked.last)
    counted = rows.order_by("-starts_on").values_list("starts_on").annotate(total=Sum("calls"))
    return {day: calls for day, calls in counted if calls}


def _stretches(days: dict[date, int]) -> Iterator[tuple[date, date]]:
    """Days that follow each other, the newest stretch first; each is read as one."""
    first = last = None
    for day in days:
        if first is not None and last is not None and first - day != timedelta(days=1):
            yield first, last
            last = None
        last = last or day
        first = day
    if first is not None and last is not None:
        yield first, last


def _walk(
    asked: Asked, stretches: Iterator[tuple[date, date]], after: Place | None, wanted: int
) -> Iterator[CallLog]:
    for first, last in stretches:
        if wanted <= 0:
            return
        begins, ends = midnight(first), midnight(last + timedelta(days=1))
        if after is not None and begins > after.at:
            continue
        for row in _rows(asked, after).filter(at__gte=begins, at__lt=ends)[:wanted]:
            wanted -= 1
            yield row


def _rows(asked: Asked, after: Place | None) -> QuerySet[CallLog]:
    rows = CallLog.objects.filter(asked.shared, asked.span)
    if asked.named is not None:
        rows = rows.filter(asked.named)
    return rows.filter(after.behind) if after is not None else rows
