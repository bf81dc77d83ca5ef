"""Weekdays and hours in which an ad shows: Shanghai wall clock, ``until`` exclusive, 24:00 allowed.

A window never crosses midnight, so that a weekday means the same day from beginning to end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from announcements.errors import BadContent

MOST_WINDOWS = 14
DAY_MINUTES = 24 * 60
DAYS = {
    1: pgettext_lazy("weekday", "Mon"), 2: pgettext_lazy("weekday", "Tue"),
    3: pgettext_lazy("weekday", "Wed"), 4: pgettext_lazy("weekday", "Thu"),
    5: pgettext_lazy("weekday", "Fri"), 6: pgettext_lazy("weekday", "Sat"),
    7: pgettext_lazy("weekday", "Sun"),
}  # fmt: skip
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z|24:00\Z")

Window = dict[str, Any]
Span = tuple[int, int]


def clean_windows(raw: object) -> list[Window]:
    """Tidied and in order. Raises ``BadContent`` with the number of the row that is wrong."""
    if not isinstance(raw, list):
        raise _refused(_("The hours are not a list of rows. Please enter them again."))
    if len(raw) > MOST_WINDOWS:
        raise _refused(
            _("There are %(count)s rows of hours; at most %(most)s are possible.")
            % {"count": len(raw), "most": MOST_WINDOWS}
        )
    windows = [_clean(number, row) for number, row in enumerate(raw, start=1)]
    _refuse_overlaps(windows)
    return sorted(windows, key=lambda window: (window["days"], window["from"]))


def _clean(number: int, row: object) -> Window:
    if not isinstance(row, Mapping) or set(row) != {"days", "from", "until"}:
        raise _refused(
            _("Row %(row)s of the hours needs weekdays, a start and an end.") % {"row": number}
        )
    days, start, end = row["days"], row["from"], row["until"]
    known = isinstance(days, list) and all(type(day) is int and day in DAYS for day in days)
    if not known or not days:
        raise _refused(
            _("Tick at least one weekday in row %(row)s of the hours.") % {"row": number}
        )
    for text in (start, end):
        if not isinstance(text, str) or not _CLOCK.match(text):
            raise _refused(
                _("“%(text)s” in row %(row)s of the hours is no time of day such as 09:00.")
                % {"text": str(text)[:20], "row": number}
            )
    if minutes_of(start) >= minutes_of(end):
        raise _refused(
            _(
                "Row %(row)s of the hours ends before it starts. Hours over midnight are two rows:"
                " until 24:00, and from 00:00 on the next day."
            )
            % {"row": number}
        )
    return {"days": sorted(set(days)), "from": start, "until": end}


def _refuse_overlaps(windows: Sequence[Window]) -> None:
    for later, window in enumerate(windows):
        for earlier, other in enumerate(windows[:later]):
            shared = set(window["days"]) & set(other["days"])
            if shared and _meet(_span(window), _span(other)):
                raise _refused(
                    _("Rows %(one)s and %(other)s of the hours overlap on %(day)s.")
                    % {"one": earlier + 1, "other": later + 1, "day": DAYS[min(shared)]}
                )


def _refused(sentence: str) -> BadContent:
    return BadContent(sentence, field="windows", code="bad_windows")


# --- reading --------------------------------------------------------------------------------------
def minutes_of(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def spans_on(windows: Sequence[Window], weekday: int) -> list[Span]:
    """Minutes of that weekday; the whole day when there are no windows."""
    if not windows:
        return [(0, DAY_MINUTES)]
    return [_span(window) for window in windows if weekday in window["days"]]


def meet_in(
    one: Sequence[Window], other: Sequence[Window], starts_at: datetime, ends_at: datetime | None
) -> bool:
    """Whether both are open at some moment of a period; None = it never ends."""
    start = timezone.localtime(starts_at)
    end = timezone.localtime(ends_at) if ends_at is not None else None
    # After eight days every weekday has come once in full.
    days = (start.date() + timedelta(days=number) for number in range(9))
    return any(_meet_on(day, one, other, start, end) for day in days)


def _meet_on(
    day: date,
    one: Sequence[Window],
    other: Sequence[Window],
    start: datetime,
    end: datetime | None,
) -> bool:
    first = start.hour * 60 + start.minute if day == start.date() else 0
    last = DAY_MINUTES
    if end is not None and day >= end.date():
        # A started minute counts: a window opens on the minute.
        last = end.hour * 60 + end.minute + bool(end.second or end.microsecond)
        last = last if day == end.date() else 0
    weekday = day.isoweekday()
    both = (
        (max(a[0], b[0], first), min(a[1], b[1], last))
        for a in spans_on(one, weekday)
        for b in spans_on(other, weekday)
    )
    return any(begin < finish for begin, finish in both)


def describe(windows: Iterable[Window]) -> str:
    """One line per window, as a person reads it."""
    lines = [f"{_days_text(each['days'])} {each['from']}–{each['until']}" for each in windows]
    return "\n".join(lines) or _("all day, every day")


def _days_text(days: Sequence[int]) -> str:
    if list(days) == list(DAYS):
        return _("every day")
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return _("%(first)s to %(last)s") % {"first": DAYS[days[0]], "last": DAYS[days[-1]]}
    return _(", ").join(str(DAYS[day]) for day in days)


def _span(window: Window) -> Span:
    return minutes_of(window["from"]), minutes_of(window["until"])


def _meet(one: Span, other: Span) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
