"""Takes a draft of the demo as far as its stage, by the same verbs as the consoles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from approvals import registry
from approvals import services as approvals
from publishing import services as publishing
from publishing.choices import Stage

if TYPE_CHECKING:
    from approvals.models import Request
    from operators.models import Branch, Operator
    from publishing.models import Publishable

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pen:
    """Who writes and who checks, what the bank is called, and which moment counts as now."""

    maker: Operator
    checker: Operator
    at: datetime
    names: dict[str, str]
    branch_writer: Operator | None = None
    branch: Branch | None = None


def take_to(stage: Stage, draft: Publishable, pen: Pen, *, maker: Operator | None = None) -> None:
    """Submitted and approved shortly before it starts, or before now when it is still to come."""
    if stage == Stage.DRAFT:
        return
    at = min(pen.at, draft.starts_at)
    request = publishing.submit_for_review(actor=maker or pen.maker, draft=draft, at=at - 2 * HOUR)
    if stage != Stage.IN_REVIEW:
        approve(request, pen.checker, at=at - HOUR)


def approve(request: Request, checker: Operator, *, at: datetime) -> None:
    asked = registry.get(request.kind).confirmations(request)
    approvals.approve_request(
        actor=checker, request_id=request.pk, confirmed=[each.key for each in asked], at=at
    )
