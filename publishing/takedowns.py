"""Emergency take-down: one person takes content off at once, and a second looks at it afterwards.

The review's request is closed by a confirmation (approved), an objection (sent back) or the taker's
own undo (withdrawn); the last two restore what was taken down, to the letter. Locks: EditionHead,
then the request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import services as approvals
from approvals.models import Request
from approvals.services import Place
from audit.errors import DomainError
from audit.services import record
from operators.permissions import require, require_branch
from publishing import envelopes, errors, events, issuing, registry, selections, targets
from publishing.choices import PublicationAction, RequestKind
from publishing.models import Publication
from publishing.selections import Chosen, Selection, Skipped

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from operators.models import Operator

PERMISSION = "publishing.withdraw_publication"


@dataclass(frozen=True, slots=True)
class TakenDown:
    publications: list[Publication]
    # The reviews that follow, one for each, in the same order.
    requests: list[Request]
    skipped: list[Skipped]


@transaction.atomic
def withdraw_now(
    *, actor: Operator, kind: str, target_id: object, reason: str, at: datetime | None = None
) -> Publication:
    """One person takes content off at once, with a reason on record: a mistake must not wait."""
    _require(actor, reason)
    at = at or timezone.now()
    issuing.lock_head()
    latest = targets.published(kind, target_id)
    require_branch(actor, latest.branch_path)
    publication, _request = _take_down(actor, latest, reason.strip(), at)
    issuing.compile_head(at)
    return publication


def preview_takedowns(
    *, actor: Operator, targets: Iterable[Chosen], at: datetime | None = None
) -> Selection:
    return selections.select(
        actor=actor, chosen=targets, at=at or timezone.now(), refusal=lambda publication: ""
    )


@transaction.atomic
def withdraw_several_now(
    *, actor: Operator, targets: Iterable[Chosen], reason: str, at: datetime | None = None
) -> TakenDown:
    """Several at once, with one edition, and a review for each; skips what is not published."""
    _require(actor, reason)
    at = at or timezone.now()
    issuing.lock_head()
    selection = preview_takedowns(actor=actor, targets=targets, at=at)
    selections.require_some(selection)
    done = [_take_down(actor, latest, reason.strip(), at) for latest in selection.taken]
    issuing.compile_head(at)
    return TakenDown([each for each, _ in done], [each for _, each in done], selection.skipped)


@transaction.atomic
def undo_takedown(*, actor: Operator, request_id: int, at: datetime | None = None) -> Request:
    """By whoever took it down, while the review is open."""
    require(actor, PERMISSION)
    found = approvals.find_request(request_id)
    if found.kind != RequestKind.TAKEDOWN:
        raise errors.NotATakedown(_("This is no emergency take-down."))
    return approvals.withdraw_request(actor=actor, request_id=request_id, at=at)


def restore(request: Request, *, actor: Operator, reason: str, at: datetime) -> Publication | None:
    """Puts back what the request's take-down took off, inside the request's transaction and under
    the lock of the head; when that is not possible any more, the trail keeps the sentence why."""
    taken = request.payload["taken_down"]
    why_not = _why_not(request, at)
    if why_not:
        record(events.NOT_RESTORED, actor=actor, target=request, reason=str(why_not),
               branch=_place(request))  # fmt: skip
        return None
    earlier = Publication.objects.of_target(request.payload["content"], request.target_id)
    publication = _again(earlier.get(version=taken["restores"]), request, reason)
    issuing.append(publication, actor, at, event=events.RESTORED)
    issuing.compile_head(at)
    return publication


def _require(actor: Operator, reason: str) -> None:
    require(actor, PERMISSION)
    if not reason.strip():
        raise errors.ReasonRequired(_("Say why it is withdrawn."))


def _take_down(
    actor: Operator, latest: Publication, reason: str, at: datetime
) -> tuple[Publication, Request]:
    content = registry.get(latest.kind)
    about = targets.columns(content, latest.target_id)
    # An earlier take-down's review that nobody closed, though a newer version came: this one's
    # takes its place.
    approvals.withdraw_open_requests(
        actor=actor, kind=RequestKind.TAKEDOWN, reason=str(_("Taken down again.")), at=at, **about
    )
    publication = issuing.withdraw(latest, actor=actor, at=at, request=None, reason=reason)
    envelope = envelopes.of_publication(latest)
    assert envelope is not None
    request = approvals.submit_request(
        actor=actor,
        kind=RequestKind.TAKEDOWN,
        title=latest.title,
        payload={
            **envelope,
            "taken_down": {"version": publication.version, "restores": latest.version},
        },
        before=envelope,
        base_digest="",
        note=reason,
        branch=Place(latest.branch_path, latest.branch_name),
        at=at,
        **about,
    )
    return publication, request


def _why_not(request: Request, at: datetime) -> str | Promise:
    newest = Publication.objects.latest_of(request.target_id)
    ends = envelopes.to_moment(request.payload["ends_at"])
    if newest is None or newest.version != request.payload["taken_down"]["version"]:
        return _("It was not restored: a newer version has been published meanwhile.")
    if ends is not None and ends <= at:
        return _("It was not restored: its period has ended.")
    content = registry.get(request.payload["content"])
    try:
        content.check_envelope(request.target_id, request.payload, at)
    except DomainError as refusal:
        return _("It was not restored: %(why)s") % {"why": refusal.message}
    return ""


def _again(earlier: Publication, request: Request, reason: str) -> Publication:
    """The version that was taken down, as two people approved it."""
    copied = (
        "kind", "target_id", "title", "payload", "starts_at", "ends_at", "audience", "priority",
        "draft_version", "branch_path", "branch_name",
    )  # fmt: skip
    return Publication(
        action=PublicationAction.ROLL_BACK,
        request=request,
        maker_name=request.maker_name,
        checker_name=issuing.checkers_of(request),
        reason=reason,
        **{name: getattr(earlier, name) for name in copied},
    )


def _place(request: Request) -> Place | None:
    return Place(request.branch_path, request.branch_name) if request.branch_path else None
