"""What the review page says about a request, to the person who is looking at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from approvals import registry
from approvals.choices import RequestStatus
from approvals.models import Decision, Request
from approvals.registry import Confirmation, DiffRow
from approvals.services import CLOSED_SENTENCES, is_maker_of, is_stale, refusal_to_check

if TYPE_CHECKING:
    from operators.models import Operator

LABELS = {
    RequestStatus.PENDING: "warning",
    RequestStatus.APPROVED: "success",
    RequestStatus.SENT_BACK: "danger",
    RequestStatus.WITHDRAWN: "default",
    RequestStatus.EXPIRED: "default",
}


@dataclass(frozen=True, slots=True)
class Review:
    request: Request
    kind_label: Any
    rows: list[DiffRow]
    decisions: list[Decision]
    is_stale: bool
    is_overdue: bool
    may_approve: bool
    may_send_back: bool
    may_withdraw: bool
    may_rebase: bool
    confirmations: list[Confirmation]
    # Why there is nothing to press, in words; empty when there is.
    hint: str
    replaced_by: Request | None
    next_waiting: Request | None
    extra: dict[str, Any]

    @property
    def changed_count(self) -> int:
        return sum(row.changed for row in self.rows)

    @property
    def is_against_now(self) -> bool:
        """Whether the left side of the difference is still what is in force."""
        return self.request.is_pending and not self.is_stale

    @property
    def is_new(self) -> bool:
        return self.request.before is None

    @property
    def is_last_step(self) -> bool:
        return len(self.decisions) + 1 >= self.request.checkers_required

    @property
    def status_label(self) -> str:
        return LABELS[RequestStatus(self.request.status)]


def review_of(request: Request, operator: Operator, at: datetime) -> Review:
    kind = registry.get(request.kind)
    decisions = list(request.decisions.all())
    stale, overdue = is_stale(request), request.is_overdue(at)
    refusal = refusal_to_check(operator, request)
    has_decided = any(decision.checker_id == operator.pk for decision in decisions)
    open_to_me = request.is_pending and refusal is None and not has_decided and not overdue
    mine = request.is_pending and is_maker_of(operator, request)
    waiting = Request.objects.waiting_for(operator, at).exclude(pk=request.pk)
    return Review(
        request=request,
        kind_label=kind.label,
        rows=kind.describe(request),
        decisions=decisions,
        is_stale=stale,
        is_overdue=overdue,
        may_approve=open_to_me and not stale,
        may_send_back=open_to_me,
        may_withdraw=mine,
        may_rebase=mine and stale,
        confirmations=kind.confirmations(request),
        hint="" if open_to_me or mine else _hint(request, refusal, has_decided, overdue),
        replaced_by=Request.objects.filter(replaces=request).first(),
        next_waiting=waiting.order_by("submitted_at", "pk").first(),
        extra=kind.review_extra(request),
    )


def _hint(request: Request, refusal: Any, has_decided: bool, overdue: bool) -> str:
    if not request.is_pending:
        return str(CLOSED_SENTENCES[RequestStatus(request.status)])
    if overdue:
        return str(CLOSED_SENTENCES[RequestStatus.EXPIRED])
    if has_decided:
        return _("You have approved this; another checker has to approve it too.")
    return str(refusal.message)
