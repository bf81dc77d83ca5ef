"""Numbers beside the menu; empty when there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from approvals.badges import count_badge
from publishing import takedown_cases
from publishing.choices import OfferState
from publishing.models import ReceivedOffer
from publishing.offers.receiving import PERMISSION

if TYPE_CHECKING:
    from django.http import HttpRequest


def takedowns_waiting(request: HttpRequest) -> str:
    """For those who may review them, or took them down."""
    operator: Any = request.user
    if not operator.has_perm("publishing.approve_publication"):
        return ""
    found = takedown_cases.in_scope_of(operator)
    return count_badge(found.filter(takedown_cases.is_waiting(timezone.now())))


def offers_waiting(request: HttpRequest) -> str:
    if not request.user.has_perm(PERMISSION):  # type: ignore[union-attr]
        return ""
    return count_badge(ReceivedOffer.objects.filter(state=OfferState.WAITING))
