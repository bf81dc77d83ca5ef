"""The verbs of maker-checker. Locks: the target (``Kind.lock``), then its requests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import errors, events, registry
from approvals.choices import RequestStatus, Verdict
from approvals.models import Decision, Request
from audit.services import record
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from operators.models import Branch, Operator


class Place(NamedTuple):
    """A branch as it was called when the request was made."""

    path: str
    name: str


REVIEW_DAYS = 14
_EXPIRE_BATCH = 500

CLOSED_SENTENCES = {
    RequestStatus.APPROVED: _("This has already been approved."),
    RequestStatus.SENT_BACK: _("This has already been sent back."),
    RequestStatus.WITHDRAWN: _("This review has been withdrawn."),
    RequestStatus.EXPIRED: _("This review has expired. Submit it again."),
}


@transaction.atomic
def submit_request(
    *,
    actor: Operator,
    kind: str,
    target_kind: str,
    target_id: object,
    title: str,
    payload: dict[str, Any],
    before: dict[str, Any] | None,
    base_digest: str,
    note: str = "",
    branch: Branch | Place | None = None,
    contributors: Iterable[int] = (),
    expires_at: datetime | None = None,
    at: datetime | None = None,
) -> Request:
    """Freezes a proposed change. ``base_digest`` is the kind's digest of what it would replace."""
    request = Request(
        kind=kind,
        target_kind=target_kind,
        target_id=str(target_id),
        title=title[:200],
        payload=payload,
        before=before,
        base_digest=base_digest,
        note=note,
        branch_path=branch.path if branch else "",
        branch_name=branch.name if branch else "",
    )
    return _submit(actor, request, contributors, at or timezone.now(), expires_at)


@transaction.atomic
def approve_request(
    *,
    actor: Operator,
    request_id: int,
    comment: str = "",
    confirmed: Iterable[str] = (),
    at: datetime | None = None,
) -> Request:
    """One checker's approval; the last one needed applies the change in the same transaction.

    ``confirmed``: the keys of ``Kind.confirmations`` that the checker said yes to. The same checker
    approving again gets the request as it stands.
    """
    at = at or timezone.now()
    found = find_request(request_id)
    kind = registry.get(found.kind)
    _require_checker(actor, found)
    kind.lock(found.target_id)
    request = lock_request(request_id)
    if _has_decided(request, actor, Verdict.APPROVE):
        return request
    _require_open(request, at)
    if kind.current_digest(request.target_id) != request.base_digest:
        raise errors.Stale(_("What is live has changed since; rebase it first."))
    said_yes = _require_confirmed(kind.confirmations(request), set(confirmed))
    step = _decide(request, actor, Verdict.APPROVE, comment, at)
    record(
        events.APPROVED,
        actor=actor,
        target=request,
        reason=comment,
        after={"step": step, "of": request.checkers_required, **said_yes},
        **_place(request),
    )
    if step >= request.checkers_required:
        _close(request, RequestStatus.APPROVED, at)
        kind.apply(request, actor=actor, at=at)
        kind.on_closed(request)
    return request


@transaction.atomic
def send_back_request(
    *, actor: Operator, request_id: int, comment: str, at: datetime | None = None
) -> Request:
    at = at or timezone.now()
    request, kind = _lock_with_target(request_id)
    _require_checker(actor, request)
    if _has_decided(request, actor, Verdict.SEND_BACK):
        return request
    _require_open(request, at)
    if not comment.strip():
        raise errors.CommentRequired(_("Say what has to change before you send it back."))
    _decide(request, actor, Verdict.SEND_BACK, comment.strip(), at)
    _close(request, RequestStatus.SENT_BACK, at)
    record(events.SENT_BACK, actor=actor, target=request, reason=comment, **_place(request))
    kind.on_closed(request)
    kind.on_refused(request, actor=actor, reason=comment.strip(), at=at)
    return request


@transaction.atomic
def withdraw_request(
    *, actor: Operator, request_id: int, reason: str = "", at: datetime | None = None
) -> Request:
    """By the maker or anyone who had a hand in the change."""
    at = at or timezone.now()
    request, kind = _lock_with_target(request_id)
    _require_maker(actor, request)
    if request.status == RequestStatus.WITHDRAWN:
        return request
    _require_pending(request)
    _withdraw(actor, request, reason, at)
    kind.on_refused(request, actor=actor, reason=reason.strip(), at=at)
    return request


@transaction.atomic
def rebase_request(*, actor: Operator, request_id: int, at: datetime | None = None) -> Request:
    """Submits the frozen change again, upon what is live now; the stale request is withdrawn."""
    at = at or timezone.now()
    found = find_request(request_id)
    kind = registry.get(found.kind)
    kind.lock(found.target_id)
    old = lock_request(request_id)
    _require_maker(actor, old)
    _require_pending(old)
    digest = kind.current_digest(old.target_id)
    if digest == old.base_digest:
        raise errors.NotStale(_("What is live has not changed; there is nothing to rebase."))
    _close(old, RequestStatus.WITHDRAWN, at)
    record(events.REBASED, actor=actor, target=old, **_place(old))
    kind.on_closed(old)
    new = Request(
        kind=old.kind,
        target_kind=old.target_kind,
        target_id=old.target_id,
        title=old.title,
        payload=old.payload,
        before=kind.current_state(old.target_id),
        base_digest=digest,
        note=old.note,
        branch_path=old.branch_path,
        branch_name=old.branch_name,
        replaces=old,
    )
    return _submit(actor, new, [*old.contributors, old.maker_id], at, None)


@transaction.atomic
def withdraw_open_requests(
    *,
    actor: Operator | None,
    target_kind: str,
    target_id: object,
    kind: str,
    reason: str,
    at: datetime | None = None,
) -> int:
    """Withdraws what is in review for a target that changed; that verb has checked the actor."""
    open_requests = Request.objects.of_target(target_kind, target_id).pending().filter(kind=kind)
    return _withdraw_all(actor, open_requests, reason, at or timezone.now())


@transaction.atomic
def withdraw_requests_of(
    *, actor: Operator, maker: Operator, reason: str, at: datetime | None = None
) -> int:
    """All that a leaver has in review; the verb that lets the leaver go has checked the actor."""
    return _withdraw_all(actor, Request.objects.mine(maker).pending(), reason, at or timezone.now())


@transaction.atomic
def expire_requests(at: datetime) -> int:
    """Closes what nobody decided in time. Several may run at once: each takes other rows."""
    overdue = Request.objects.overdue(at).order_by("pk")[:_EXPIRE_BATCH]
    expired = list(overdue.select_for_update(skip_locked=True, no_key=True, of=("self",)))
    for request in expired:
        _close(request, RequestStatus.EXPIRED, at)
        record(events.EXPIRED, actor=None, target=request, **_place(request))
        registry.get(request.kind).on_closed(request)
    return len(expired)


def find_request(request_id: int) -> Request:
    """For what never changes: kind, target, branch, who made it. The status may be old."""
    found = Request.objects.filter(pk=request_id).first()
    if found is None:
        raise errors.RequestNotFound(_("There is no such request."))
    return found


def lock_request(request_id: int) -> Request:
    """NO KEY: rows that refer to the request (decisions, publications) need not wait for it."""
    found = Request.objects.filter(pk=request_id).select_for_update(no_key=True).first()
    if found is None:
        raise errors.RequestNotFound(_("There is no such request."))
    return found


def _lock_with_target(request_id: int) -> tuple[Request, registry.Kind]:
    found = find_request(request_id)
    kind = registry.get(found.kind)
    kind.lock(found.target_id)
    return lock_request(request_id), kind


def is_stale(request: Request) -> bool:
    if not request.is_pending:
        return False
    return registry.get(request.kind).current_digest(request.target_id) != request.base_digest


def refusal_to_check(actor: Operator, request: Request) -> errors.DomainError | None:
    """Why this operator may not decide on the request; None = may."""
    try:
        _require_checker(actor, request)
    except errors.DomainError as refusal:
        return refusal
    return None


def _submit(
    actor: Operator,
    request: Request,
    contributors: Iterable[int],
    at: datetime,
    expires_at: datetime | None,
) -> Request:
    kind = registry.get(request.kind)
    permission = kind.submit_permission_for(request.payload)
    if permission:
        require(actor, permission)
    if kind.concerns_other_branches(request):
        request.branch_path = request.branch_name = ""
    require_branch(actor, request.branch_path)
    kind.check(target_id=request.target_id, payload=request.payload, at=at)
    request.maker = actor
    request.maker_name = str(actor)
    request.contributors = sorted(set(contributors) - {actor.pk})
    request.checkers_required = kind.checkers_required(request.payload)
    request.submitted_at = at
    request.expires_at = expires_at or at + timedelta(days=REVIEW_DAYS)
    # ON CONFLICT: of two submissions at once one lands, and the other sees whose it was.
    Request.objects.bulk_create([request], ignore_conflicts=True)
    landed = Request.objects.filter(uid=request.uid).first()
    if landed is None:
        raise errors.AlreadyInReview(_("This is already in review."))
    record(
        events.SUBMITTED,
        actor=actor,
        target=landed,
        before=landed.before,
        after=landed.payload,
        reason=landed.note,
        **_place(landed),
    )
    return landed


def _require_checker(actor: Operator, request: Request) -> None:
    require(actor, registry.get(request.kind).approve_permission)
    require_branch(actor, request.branch_path)
    if request.maker_id == actor.pk:
        raise errors.OwnChange(_("You made this change; another person has to check it."))
    if request.had_a_hand(actor.pk):
        raise errors.OwnChange(_("You had a hand in this change; another person has to check it."))


def is_maker_of(actor: Operator, request: Request) -> bool:
    """Who may take the change back: its maker, and as a rule those who had a hand in it."""
    shared = registry.get(request.kind).contributors_may_withdraw
    return request.had_a_hand(actor.pk) if shared else request.maker_id == actor.pk


def _require_maker(actor: Operator, request: Request) -> None:
    if not is_maker_of(actor, request):
        raise errors.NotTheMaker(_("Only those who made this change can take it back."))


def _require_open(request: Request, at: datetime) -> None:
    _require_pending(request)
    if request.is_overdue(at):
        raise errors.Expired(CLOSED_SENTENCES[RequestStatus.EXPIRED])


def _require_pending(request: Request) -> None:
    if not request.is_pending:
        raise errors.AlreadyDecided(CLOSED_SENTENCES[RequestStatus(request.status)])


def _require_confirmed(
    asked: list[registry.Confirmation], confirmed: set[str]
) -> dict[str, list[str]]:
    """For the trail: what the checker answered for."""
    for each in asked:
        if each.key not in confirmed:
            raise errors.NotConfirmed(
                _("Tick “%(sentence)s” first, or send it back.") % {"sentence": each.sentence}
            )
    return {"confirmed": [each.key for each in asked]} if asked else {}


def _has_decided(request: Request, actor: Operator, verdict: Verdict) -> bool:
    return request.decisions.filter(checker=actor, verdict=verdict).exists()


def _decide(request: Request, actor: Operator, verdict: Verdict, comment: str, at: datetime) -> int:
    if request.decisions.filter(checker=actor).exists():
        raise errors.AlreadyDecided(_("You have already decided on this request."))
    step = request.decisions.count() + 1
    Decision.objects.create(
        request=request,
        maker_id=request.maker_id,
        checker=actor,
        checker_name=str(actor),
        step=step,
        verdict=verdict,
        comment=comment,
        decided_at=at,
    )
    return step


def _close(request: Request, status: RequestStatus, at: datetime) -> None:
    claimed = Request.objects.filter(pk=request.pk, status=RequestStatus.PENDING).update(
        status=status, closed_at=at
    )
    if claimed != 1:
        raise errors.AlreadyDecided(_("This review is already closed."))
    request.status, request.closed_at = status, at


def _withdraw(actor: Operator | None, request: Request, reason: str, at: datetime) -> None:
    _close(request, RequestStatus.WITHDRAWN, at)
    record(events.WITHDRAWN, actor=actor, target=request, reason=reason, **_place(request))
    registry.get(request.kind).on_closed(request)


def _withdraw_all(actor: Operator | None, requests: Any, reason: str, at: datetime) -> int:
    locked = list(requests.order_by("pk").select_for_update(no_key=True))
    for request in locked:
        _withdraw(actor, request, reason, at)
    return len(locked)


def _place(request: Request) -> dict[str, Any]:
    place = Place(request.branch_path, request.branch_name)
    return {"branch": place if request.branch_path else None}
