"""The verbs of publishing. Locks: EditionHead, approval requests, draft, in this order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import services as approvals
from approvals.errors import AlreadyInReview
from approvals.models import Request
from approvals.services import Place
from audit.context import current_schema
from audit.services import record
from operators.permissions import require
from publishing import editions, envelopes, errors, events, issuing, registry, targets
from publishing.choices import RequestKind
from publishing.drafts import require_branch_of
from publishing.models import Edition, EditionHead, Publication
from publishing.takedowns import withdraw_now  # noqa: F401  (one of the verbs of this room)

if TYPE_CHECKING:
    from operators.models import Operator
    from publishing.models import Publishable
    from publishing.querysets import PublicationQuerySet
    from publishing.registry import ContentKind


# --- proposing ------------------------------------------------------------------------------------
@transaction.atomic
def submit_for_review(
    *, actor: Operator, draft: Publishable, note: str = "", at: datetime | None = None
) -> Request:
    """Freezes the draft as it is stored and asks for its publication."""
    kind = registry.of_draft(draft)
    _lock_open_requests(kind, draft.uid)
    stored = _lock_draft(kind, draft)
    if _open_requests(kind, stored.uid, RequestKind.PUBLICATION).exists():
        raise AlreadyInReview(_("This is already in review."))
    return approvals.submit_request(
        actor=actor,
        kind=RequestKind.PUBLICATION,
        title=stored.title,
        payload=envelopes.of_draft(stored, kind),
        note=note,
        contributors=stored.contributors,
        at=at,
        **targets.columns(kind, stored.uid),
        **targets.base(stored.uid),
        branch=stored.branch,
    )


@transaction.atomic
def request_withdrawal(
    *, actor: Operator, kind: str, target_id: object, note: str = "", at: datetime | None = None
) -> Request:
    """Asks a second person to take a piece of content off; until then it stays."""
    content = registry.get(kind)
    latest = targets.published(kind, target_id)
    return approvals.submit_request(
        actor=actor,
        kind=RequestKind.WITHDRAWAL,
        title=latest.title,
        payload=envelopes.withdrawal(latest),
        note=note,
        at=at,
        **targets.columns(content, latest.target_id),
        **targets.base(latest.target_id),
        branch=Place(latest.branch_path, latest.branch_name),
    )


@transaction.atomic
def request_rollback(
    *,
    actor: Operator,
    kind: str,
    target_id: object,
    version: int,
    note: str = "",
    at: datetime | None = None,
) -> Request:
    """Asks to publish an earlier version again, to the letter."""
    content = registry.get(kind)
    wanted = Publication.objects.of_target(kind, target_id).filter(version=version).first()
    envelope = envelopes.of_publication(wanted)
    if wanted is None or envelope is None:
        raise errors.NotPublished(
            _("There is no published version %(version)s.") % {"version": version}
        )
    return approvals.submit_request(
        actor=actor,
        kind=RequestKind.ROLLBACK,
        title=wanted.title,
        payload={**envelope, "version": version},
        note=note,
        at=at,
        **targets.columns(content, wanted.target_id),
        **targets.base(wanted.target_id),
        branch=Place(wanted.branch_path, wanted.branch_name),
    )


# --- drafts ---------------------------------------------------------------------------------------
def draft_begun(*, actor: Operator, draft: Publishable) -> None:
    """Readies a new draft; the content room saves it."""
    require(actor, registry.of_draft(draft).change_permission)
    require_branch_of(actor, draft)
    draft.owner = draft.edited_by = actor
    draft.contributors = [actor.pk]


def draft_edited(*, actor: Operator, draft: Publishable, at: datetime | None = None) -> None:
    """Readies a changed draft, before the content room saves it in the same transaction.

    Withdraws what is in review, and refuses when the draft was saved by someone else since
    ``draft.version`` was read.
    """
    kind = registry.of_draft(draft)
    require(actor, kind.change_permission)
    require_branch_of(actor, draft)
    approvals.withdraw_open_requests(
        actor=actor,
        kind=RequestKind.PUBLICATION,
        target_kind=kind.target_kind,
        target_id=draft.uid,
        reason=str(_("The draft was edited.")),
        at=at,
    )
    stored = _lock_draft(kind, draft)
    require_branch_of(actor, stored)
    if stored.version != draft.version:
        raise errors.EditConflict(
            _("%(name)s has saved this draft meanwhile. Reload it and repeat your change.")
            % {"name": stored.edited_by}
        )
    draft.version = stored.version + 1
    draft.edited_by = actor
    draft.contributors = sorted({*stored.contributors, actor.pk})


@transaction.atomic
def hand_over_drafts(*, actor: Operator, leaver: Operator, colleague: Operator) -> int:
    """A leaver's drafts get another owner; who edited them stays on record."""
    moved = 0
    for kind in registry.kinds_here():
        drafts = kind.model._default_manager.filter(owner=leaver).order_by("pk")
        for draft in drafts.select_for_update(no_key=True):
            kind.model._default_manager.filter(pk=draft.pk).update(owner=colleague)
            record(
                events.DRAFT_HANDED_OVER,
                actor=actor,
                target=draft,
                before={"owner": str(leaver)},
                after={"owner": str(colleague)},
                branch=draft.branch,
            )
            moved += 1
    return moved


# --- publishing -----------------------------------------------------------------------------------
@transaction.atomic
def compile_edition(at: datetime | None = None) -> Edition:
    """Compiles anew what is published; used by repairs, as every publication compiles by itself."""
    issuing.lock_head()
    return issuing.compile_head(at or timezone.now())


# --- reading --------------------------------------------------------------------------------------
def current_edition() -> Edition:
    """The edition of the current schema; an empty one when nothing was ever published."""
    current = EditionHead.objects.filter(pk=1).values("digest")
    found = Edition.objects.filter(digest__in=current).first()
    if found is not None:
        return found
    empty = editions.of_items(current_schema(), [])
    return Edition(digest=editions.digest_of(empty), document=empty, number=0)


def edition_at(at: datetime) -> Edition:
    """The edition as it stood at a past moment, or will stand at a coming one. Not stored."""
    document = editions.document_of(current_schema(), Publication.objects.newest(at).reaching(at))
    return Edition(digest=editions.digest_of(document), document=document, number=0)


def live_at(*, at: datetime, kind: str | None = None) -> PublicationQuerySet:
    """What was live at any past moment (or is now)."""
    publications = Publication.objects.live_at(at)
    return publications.filter(kind=kind) if kind else publications


def edition_if_approved(request: Request, at: datetime) -> editions.Document:
    """The edition as it would be were this request approved now: what the review page previews."""
    items = current_edition().document["items"]
    if request.kind == RequestKind.TAKEDOWN:
        # It has been off since it was taken down: approving that changes nothing.
        return editions.of_items(current_schema(), items)
    gone = {request.target_id, *(item["id"] for item in request.payload.get("items", []))}
    others = [item for item in items if item["id"] not in gone]
    if "payload" in request.payload:
        latest = Publication.objects.latest_of(request.target_id)
        version = latest.version + 1 if latest else 1
        others.append(editions.item_if_approved(request.payload, request.target_id, version, at))
    return editions.of_items(current_schema(), others)


def edition_with_draft(draft: Publishable, at: datetime) -> editions.Document:
    """The edition as it would be were this draft published now."""
    items = current_edition().document["items"]
    others = [item for item in items if item["id"] != str(draft.uid)]
    envelope = envelopes.of_draft(draft, registry.of_draft(draft))
    others.append(editions.item_if_approved(envelope, str(draft.uid), 0, at))
    return editions.of_items(current_schema(), others)


def _open_requests(kind: ContentKind, target_id: object, *kinds: str) -> Any:
    found = Request.objects.of_target(kind.target_kind, target_id).pending()
    return found.filter(kind__in=kinds)


def _lock_open_requests(kind: ContentKind, target_id: object) -> Iterable[Request]:
    found = _open_requests(kind, target_id, *RequestKind.values).order_by("pk")
    return list(found.select_for_update(no_key=True))


def _lock_draft(kind: ContentKind, draft: Publishable) -> Publishable:
    drafts = kind.model._default_manager.select_for_update(no_key=True, of=("self",))
    stored = drafts.select_related("branch", "edited_by").filter(pk=draft.pk).first()
    if stored is None:
        raise errors.DraftNotFound(_("This draft no longer exists."))
    return stored
