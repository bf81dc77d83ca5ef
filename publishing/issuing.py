"""Numbers, chains and compiles publications, under the one lock of the schema's EditionHead."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from approvals.models import Request
from approvals.services import Place
from audit.context import current_schema
from audit.services import append_row, record
from publishing import editions, envelopes, events, registry
from publishing.choices import PublicationAction
from publishing.models import Edition, EditionHead, Publication
from tenants.services import announce_change

if TYPE_CHECKING:
    from operators.models import Operator

CHAIN = "publication"


def lock_head() -> EditionHead:
    """Publications are numbered, and editions compiled, under this lock; one per schema."""
    heads = EditionHead.objects.select_for_update(no_key=True)
    head = heads.filter(pk=1).first()
    if head is None:
        EditionHead.objects.bulk_create([EditionHead(pk=1)], ignore_conflicts=True)
        head = heads.get(pk=1)
    return head


def publish_approved(
    *, request: Request, action: PublicationAction, actor: Operator, at: datetime
) -> Publication:
    """What an approved request does; called by its kind inside the approval's transaction."""
    columns = {} if action == PublicationAction.WITHDRAW else _columns(request.payload)
    publication = Publication(
        kind=request.payload["content"],
        target_id=request.target_id,
        action=action,
        request=request,
        maker_name=request.maker_name,
        checker_name=checkers_of(request),
        reason=request.note,
        **{**_identity(request.payload["title"], request), **columns},
    )
    append(publication, actor, at)
    if action == PublicationAction.PUBLISH:
        _forget_contributors(request)
    compile_head(at)
    return publication


def withdraw(
    latest: Publication, *, actor: Operator, at: datetime, request: Request | None, reason: str = ""
) -> Publication:
    """Takes one piece off, upon an approved request or (None) by one person; the caller compiles
    afterwards."""
    publication = Publication(
        kind=latest.kind,
        target_id=latest.target_id,
        action=PublicationAction.WITHDRAW,
        title=latest.title,
        branch_path=latest.branch_path,
        branch_name=latest.branch_name,
        request=request,
        maker_name=request.maker_name if request is not None else str(actor),
        checker_name=checkers_of(request) if request is not None else "",
        reason=request.note if request is not None else reason,
    )
    append(publication, actor, at)
    return publication


def checkers_of(request: Request) -> str:
    checkers = request.decisions.order_by("step").values_list("checker_name", flat=True)
    return "、".join(checkers)[:150]


def append(publication: Publication, actor: Operator, at: datetime, event: str = "") -> None:
    """Numbers and chains a new publication; the caller compiles afterwards.

    ``event`` is what the trail calls it where the action's own name says too little.
    """
    head = lock_head()
    previous = Publication.objects.latest_of(publication.target_id)
    publication.id = uuid.uuid4()
    publication.number = head.number + 1
    publication.version = previous.version + 1 if previous else 1
    publication.previous_mac = previous.mac if previous else ""
    # Times follow the numbers, also when two approvals took the lock in the other order.
    publication.published_at = max(at, head.changed_at or at)
    append_row(CHAIN, publication)
    EditionHead.objects.filter(pk=1).update(
        number=publication.number, changed_at=publication.published_at
    )
    record(
        event or events.of_publication(publication),
        actor=actor,
        target_kind=registry.get(publication.kind).target_kind,
        target_id=str(publication.target_id),
        target_label=publication.title,
        before={"version": previous.version} if previous else None,
        after={"version": publication.version, "number": publication.number},
        reason=publication.reason,
        branch=_place(publication.branch_path, publication.branch_name),
    )
    registry.get(publication.kind).published(publication)


def compile_head(at: datetime) -> Edition:
    """Under the lock of the head. Announcing comes last: other transactions queue for that row."""
    head = EditionHead.objects.get(pk=1)
    document = editions.document_of(current_schema(), Publication.objects.current(at))
    edition = Edition(
        digest=editions.digest_of(document), document=document, number=head.number, compiled_at=at
    )
    Edition.objects.bulk_create([edition], ignore_conflicts=True)
    EditionHead.objects.filter(pk=1).update(digest=edition.digest)
    announce_change(current_schema())
    return edition


def _columns(envelope: envelopes.Envelope) -> dict[str, Any]:
    copied = (
        "title",
        "payload",
        "audience",
        "priority",
        "branch_path",
        "branch_name",
        "draft_version",
    )
    return {
        **{name: envelope[name] for name in copied},
        "starts_at": envelopes.to_moment(envelope["starts_at"]),
        "ends_at": envelopes.to_moment(envelope["ends_at"]),
    }


def _identity(title: str, request: Request) -> dict[str, str]:
    return {"title": title, "branch_path": request.branch_path, "branch_name": request.branch_name}


def _forget_contributors(request: Request) -> None:
    """The next change starts with clean hands; an edit would have withdrawn this request."""
    model = registry.get(request.payload["content"]).model
    model._default_manager.filter(uid=request.target_id).update(contributors=[])


def _place(path: str, name: str) -> Place | None:
    return Place(path, name) if path else None
