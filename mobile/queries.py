"""What may stand behind the question mark of the channel API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from announcements.choices import Mode
from mobile.errors import BadQuery, PreviewOnly

if TYPE_CHECKING:
    from django.http import QueryDict

    from customers.tokens import Caller


def asked_mode(query: QueryDict) -> str:
    """Empty = as the customer or the bank has it."""
    mode = query.get("mode", "")
    if mode and mode not in Mode.values:
        raise BadQuery(_("mode is standard or senior."))
    return mode


def moment_of(query: QueryDict, caller: Caller) -> datetime | None:
    """The moment to look at; ``None`` = now."""
    raw = query.get("at")
    if not raw:
        return None
    if not caller.may_preview:
        raise PreviewOnly(_("Only a preview token may ask for another moment than now."))
    return parse_moment(raw)


def parse_moment(raw: str) -> datetime:
    """ISO 8601; without a zone it is Shanghai's time."""
    try:
        # A plus sign that was not escaped arrives as a blank.
        moment = parse_datetime(raw.strip().replace(" ", "+") if "T" in raw else raw.strip())
    except ValueError:
        moment = None
    if moment is None or not 2000 <= moment.year <= 2100:
        raise BadQuery(_("at is a moment like 2026-07-01T09:00:00+08:00."))
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
