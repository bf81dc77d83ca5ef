"""Several pieces of content taken off by one review: one request, one approval, one edition."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import services as approvals
from approvals.models import Request
from approvals.services import Place
from audit.canonical import canonical, dumps
from operators.models import Branch
from publishing import issuing, registry, selections
from publishing.choices import RequestKind
from publishing.envelopes import to_text
from publishing.models import Publication
from publishing.selections import Chosen, Selection

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from operators.models import Operator

TARGET_KIND = "publishing.bulk"
MAX_TITLE = 80


def preview_withdrawals(
    *, actor: Operator, targets: Iterable[Chosen], at: datetime | None = None
) -> Selection:
    """What a request would take off, and what it would skip and why."""
    waiting = _in_review()

    def refusal(publication: Publication) -> str | Promise:
        if not actor.has_perm(registry.get(publication.kind).change_permission):
            return _("You are not allowed to change content of this kind.")
        if (publication.kind, str(publication.target_id)) in waiting:
            return _("Its withdrawal is in review already.")
        return ""

    return selections.select(actor=actor, chosen=targets, at=at or timezone.now(), refusal=refusal)


@transaction.atomic
def request_withdrawals(
    *, actor: Operator, targets: Iterable[Chosen], note: str = "", at: datetime | None = None
) -> Request:
    """Asks a second person to take several pieces off at once; until then they stay.

    What cannot be taken off is skipped, as ``preview_withdrawals`` says.
    """
    at = at or timezone.now()
    # Two that choose the same pieces at once: the second sees the first one's request.
    issuing.lock_head()
    selection = preview_withdrawals(actor=actor, targets=targets, at=at)
    selections.require_some(selection)
    items = [item_of(publication) for publication in selection.taken]
    return approvals.submit_request(
        actor=actor,
        kind=RequestKind.BULK_WITHDRAWAL,
        target_kind=TARGET_KIND,
        target_id=uuid.uuid4(),
        title=title_of(items),
        payload={"schema": 1, "items": items},
        before={"items": items},
        base_digest=digest_of(selection.taken),
        note=note,
        branch=_common_branch([item["branch_path"] for item in items]),
        at=at,
    )


def items_of(target_id: str) -> list[dict[str, Any]]:
    """What the requests of this target are about; it never changes."""
    request = Request.objects.of_target(TARGET_KIND, target_id).order_by("pk").first()
    return request.payload["items"] if request is not None else []


def newest_of(items: Sequence[dict[str, Any]]) -> list[Publication]:
    """The last publication of each, in the order of the items."""
    found = Publication.objects.newest().filter(target_id__in=[item["id"] for item in items])
    known = {(each.kind, str(each.target_id)): each for each in found}
    keys = [(item["kind"], item["id"]) for item in items]
    return [known[key] for key in keys if key in known]


def item_of(publication: Publication) -> dict[str, Any]:
    return canonical(
        {
            "kind": publication.kind,
            "id": publication.target_id,
            "title": publication.title,
            "version": publication.version,
            "starts_at": to_text(publication.starts_at),
            "ends_at": to_text(publication.ends_at),
            "branch_path": publication.branch_path,
            "branch_name": publication.branch_name,
        }
    )


def digest_of(publications: Iterable[Publication]) -> str:
    """Another one as soon as any of them has changed."""
    states = [[each.kind, str(each.target_id), each.mac] for each in publications]
    return hashlib.sha256(dumps(sorted(states)).encode()).hexdigest()


def title_of(items: Sequence[dict[str, Any]]) -> str:
    first, others = items[0]["title"], len(items) - 1
    if not others:
        return first
    return str(_("“%(title)s” and %(count)d more") % {"title": first[:MAX_TITLE], "count": others})


def _in_review() -> set[tuple[str, str]]:
    """What stands in an open request for withdrawal, of one or of several."""
    found = set()
    kinds = (RequestKind.BULK_WITHDRAWAL, RequestKind.WITHDRAWAL)
    for request in Request.objects.pending().filter(kind__in=kinds):
        if request.kind == RequestKind.WITHDRAWAL:
            found.add((request.payload["content"], request.target_id))
        else:
            found |= {(item["kind"], item["id"]) for item in request.payload["items"]}
    return found


def _common_branch(paths: Sequence[str]) -> Place | None:
    """The nearest branch that holds them all: only its checkers, and those above, may decide."""
    path = min(paths, key=len)
    while any(not each.startswith(path) for each in paths):
        path = path[: -Branch.steplen]
    branch = Branch.objects.filter(path=path).first() if path else None
    return Place(branch.path, branch.name) if branch is not None else None
