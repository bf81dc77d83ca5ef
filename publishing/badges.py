"""Numbers beside the menu; empty when there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from approvals.badges import count_badge
from approvals.models import Request
from publishing.choices import OfferState, RequestKind
from publishing.models import ReceivedOffer
from publishing.offers.receiving import PERMISSION

if TYPE_CHECKING:
    from django.http import HttpRequest


def takedowns_waiting(request: HttpRequest) -> str:
    operator: Any = request.user
    if not operator.has_perm("publishing.approve_publication"):
        return ""
    return count_badge(Request.objects.waiting_for(operator).filter(kind=RequestKind.TAKEDOWN))


def offers_waiting(request: HttpRequest) -> str:
    if not request.user.has_perm(PERMISSION):  # type: ignore[union-attr]
        return ""
    return count_badge(ReceivedOffer.objects.filter(state=OfferState.WAITING))
