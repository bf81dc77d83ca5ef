"""Emergency take-downs as people look at them: what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from approvals.choices import RequestStatus
from approvals.models import Request
from approvals.services import is_maker_of
from audit.models import AuditEvent
from operators.querysets import branch_scope
from publishing import events, registry, takedowns
from publishing.choices import RequestKind, TakedownState
from publishing.models import Publication

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from operators.models import Operator

LABELS = {
    TakedownState.WAITING: "warning",
    TakedownState.CONFIRMED: "success",
    TakedownState.RESTORED: "info",
    TakedownState.NOT_RESTORED: "danger",
    TakedownState.NOT_REVIEWED: "danger",
}


@dataclass(frozen=True, slots=True)
class Case:
    request: Request
    state: TakedownState
    # Why it was not put back, in the words of the moment.
    why_not: str
    restored: Publication | None

    @property
    def colour(self) -> str:
        return LABELS[self.state]

    @property
    def kind_label(self) -> Any:
        return registry.get(self.request.payload["content"]).label

    @property
    def is_waiting(self) -> bool:
        return self.state == TakedownState.WAITING

    def may_be_undone_by(self, operator: Operator) -> bool:
        return (
            self.is_waiting
            and is_maker_of(operator, self.request)
            and operator.has_perm(takedowns.PERMISSION)
        )


def takedown_requests() -> QuerySet[Request]:
    return Request.objects.filter(kind=RequestKind.TAKEDOWN)


def in_scope_of(operator: Operator) -> QuerySet[Request]:
    return takedown_requests().filter(branch_path__startswith=branch_scope(operator))


def is_waiting(at: datetime) -> Q:
    return Q(status=RequestStatus.PENDING, expires_at__gt=at)


def is_unreviewed() -> Q:
    """Closed without anybody's word on it: it expired, its taker left, or was taken down again."""
    restored = Publication.objects.filter(request=OuterRef("pk"))
    tried = AuditEvent.objects.filter(
        event=events.NOT_RESTORED,
        target_kind=Request._meta.label_lower,
        target_id=Cast(OuterRef("pk"), CharField()),
    )
    left = Q(status=RequestStatus.WITHDRAWN) & ~Exists(restored) & ~Exists(tried)
    return Q(status=RequestStatus.EXPIRED) | left


def cases_of(requests: Iterable[Request], at: datetime) -> list[Case]:
    found = list(requests)
    keys = [request.pk for request in found]
    restored = {
        publication.request_id: publication
        for publication in Publication.objects.filter(request_id__in=keys).defer("payload")
    }
    reasons = _reasons(keys)
    return [
        Case(
            request,
            _state(request, at, request.pk in restored, request.pk in reasons),
            reasons.get(request.pk, ""),
            restored.get(request.pk),
        )
        for request in found
    ]


def case_of(publication: Publication | None, at: datetime) -> Case | None:
    """The take-down that stands behind a publication without an approval."""
    if publication is None or publication.request_id is not None:
        return None
    content = registry.get(publication.kind)
    about = takedown_requests().of_target(content.target_kind, publication.target_id)  # type: ignore[attr-defined]
    found = about.filter(payload__taken_down__version=publication.version).first()
    return cases_of([found], at)[0] if found is not None else None


def _reasons(keys: Sequence[int]) -> dict[int, str]:
    told = AuditEvent.objects.filter(
        event=events.NOT_RESTORED,
        target_kind=Request._meta.label_lower,
        target_id__in=[str(key) for key in keys],
    )
    return {int(key): reason for key, reason in told.values_list("target_id", "reason")}


def _state(request: Request, at: datetime, restored: bool, tried: bool) -> TakedownState:
    if restored:
        return TakedownState.RESTORED
    if tried:
        return TakedownState.NOT_RESTORED
    if request.status == RequestStatus.APPROVED:
        return TakedownState.CONFIRMED
    if request.is_pending and not request.is_overdue(at):
        return TakedownState.WAITING
    return TakedownState.NOT_REVIEWED
