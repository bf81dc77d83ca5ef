"""Numbers beside the menu: what asks for this operator's attention. Empty when nothing does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from approvals.models import Request

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

MOST = 99


def waiting_for_me(request: HttpRequest) -> str:
    return count_badge(Request.objects.waiting_for(request.user))  # type: ignore[arg-type]


def sent_back_to_me(request: HttpRequest) -> str:
    return count_badge(Request.objects.sent_back_to(request.user))  # type: ignore[arg-type]


def count_badge(rows: QuerySet) -> str:
    """Counts no further than a badge can say."""
    count = rows.order_by()[: MOST + 1].count()
    return f"{MOST}+" if count > MOST else str(count or "")
