"""Which applications wait for whom."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet

from openapi_gateway.access.choices import UNDER_REVIEW, ApplicationState, ReviewStep
from openapi_gateway.access.finding import is_idle, visible_applications
from openapi_gateway.access.models import Application, ReviewDecision
from openapi_gateway.choices import Level
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from operators.models import Operator


def with_decisions(rows: QuerySet[Application], operator: Operator) -> QuerySet[Application]:
    """``passed_technical``, ``passed_compliance`` and ``mine``, of the round at hand."""
    ours = ReviewDecision.objects.filter(application=OuterRef("pk"), round=OuterRef("round"))
    mine = ours.filter(reviewer_schema=PLATFORM.schema_name, reviewer_id=operator.pk)
    return rows.annotate(
        passed_technical=Exists(ours.filter(step=ReviewStep.TECHNICAL)),
        passed_compliance=Exists(ours.filter(step=ReviewStep.COMPLIANCE)),
        mine=Exists(mine),
    )


def is_waiting_for(operator: Operator, at: datetime) -> Q:
    """Of rows ``with_decisions``."""
    steps = Q(pk__in=[])
    if operator.has_perm("gateway_access.review_technical"):
        steps |= Q(passed_technical=False)
    if operator.has_perm("gateway_access.review_compliance"):
        steps |= Q(passed_compliance=False, level=Level.A2)
    return Q(state__in=UNDER_REVIEW, mine=False) & steps & ~is_idle(at)


def waiting_for(operator: Operator, at: datetime) -> QuerySet[Application]:
    """Of one who reviews: what they can decide now."""
    rows = with_decisions(visible_applications(), operator)
    return rows.filter(is_waiting_for(operator, at))


def returned_to_us(at: datetime) -> QuerySet[Application]:
    """Of the bank at hand: what it must mend and submit again."""
    return visible_applications().filter(~is_idle(at), state=ApplicationState.RETURNED)
