"""The number beside the menu: campaigns whose budget is nearly used up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone

from approvals.badges import count_badge
from campaigns.choices import RunState
from campaigns.designing.services import CHANGE
from campaigns.models import Campaign
from campaigns.taking.books import MARKS

if TYPE_CHECKING:
    from django.http import HttpRequest

CHECK = "publishing.approve_publication"


def near_their_budget(request: HttpRequest) -> str:
    """For who makes or checks campaigns, of the operator's branches: those that may still give
    something and have reached the first mark; one query."""
    operator: Any = request.user
    if not (operator.has_perm(CHANGE) or operator.has_perm(CHECK)):
        return ""
    goes_on = Q(account__ends_at=None) | Q(account__ends_at__gt=timezone.now())
    budget = ExpressionWrapper(F("account__budget_cents") * MARKS[0], BigIntegerField())
    committed = ExpressionWrapper(F("account__committed_cents") * 100, BigIntegerField())
    seen: Any = Campaign.objects.all()
    return count_badge(
        seen.visible_to(operator).filter(
            goes_on, GreaterThanOrEqual(committed, budget), account__live_version__isnull=False,
            account__run_state__in=[state for state in RunState if state != RunState.ENDED],
        )
    )  # fmt: skip
