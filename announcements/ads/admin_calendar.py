"""The calendar of ads, as a page of both consoles."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from announcements.ads import schedules
from publishing.admin_drafts import STAGE_COLOURS

NAME = "announcements_ads_ad_calendar"
# As narrow as a column of the month.
NARROW = {
    1: pgettext_lazy("narrow weekday", "Mo"), 2: pgettext_lazy("narrow weekday", "Tu"),
    3: pgettext_lazy("narrow weekday", "We"), 4: pgettext_lazy("narrow weekday", "Th"),
    5: pgettext_lazy("narrow weekday", "Fr"), 6: pgettext_lazy("narrow weekday", "Sa"),
    7: pgettext_lazy("narrow weekday", "Su"),
}  # fmt: skip
EARLIEST, LATEST = date(2020, 1, 1), date(2100, 1, 1)


class CalendarMixin:
    """For the admin of ads."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.calendar_view))  # type: ignore[attr-defined]
        return [path("calendar/", view, name=NAME), *super().get_urls()]  # type: ignore[misc]

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        today = timezone.localdate()
        view = "week" if request.GET.get("view") == "week" else "month"
        asked = _asked_day(request.GET.get("from", ""), today)
        first, days = schedules.week_of(asked) if view == "week" else schedules.month_of(asked)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Calendar of ads"),
            "is_fullwidth": "1",
            "view": view,
            "first": first,
            "last": first + timedelta(days=days - 1),
            "days": [_day(first + timedelta(days=number), today) for number in range(days)],
            "boards": [self._board(board) for board in self._boards(request, first, days)],
            **self._addresses(view, first, days, today),
        }
        return TemplateResponse(request, "announcements/ads/calendar.html", context)

    def _boards(self, request: HttpRequest, first: date, days: int) -> list[schedules.Board]:
        return schedules.boards(
            operator=request.user,  # type: ignore[arg-type]
            first=first,
            days=days,
            at=timezone.now(),
        )

    def _board(self, board: schedules.Board) -> dict[str, Any]:
        name = f"{self.admin_site.name}:announcements_ads_ad_change"  # type: ignore[attr-defined]
        bars = [
            {
                "bar": bar,
                "colour": STAGE_COLOURS.get(bar.stage, bar.stage),  # type: ignore[call-overload]
                "address": reverse(name, args=[bar.pk]) if bar.pk is not None else "",
            }
            for bar in board.bars
        ]
        return {"board": board, "bars": bars}

    def _addresses(self, view: str, first: date, days: int, today: date) -> dict[str, str]:
        page = reverse(f"{self.admin_site.name}:{NAME}")  # type: ignore[attr-defined]
        beside = schedules.neighbours(view, first, days)

        def address(day: date, of: str = view) -> str:
            return f"{page}?view={of}&from={day.isoformat()}"

        shown = today if first <= today < first + timedelta(days=days) else first
        return {
            "before_address": address(beside["before"]),
            "after_address": address(beside["after"]),
            "today_address": address(today),
            "month_address": address(shown, "month"),
            "week_address": address(shown, "week"),
        }


def _asked_day(text: str, today: date) -> date:
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    return found if found is not None and EARLIEST <= found < LATEST else today


def _day(day: date, today: date) -> dict[str, Any]:
    return {
        "date": day,
        "weekday": NARROW[day.isoweekday()],
        "is_today": day == today,
        "is_weekend": day.isoweekday() > 5,
    }
