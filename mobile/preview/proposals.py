"""A change that is not approved yet, as it would stand in the edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from approvals.models import Request
from mobile.editions import loaded
from operators.querysets import branch_scope
from publishing import registry
from publishing import services as publishing
from publishing.choices import RequestKind

if TYPE_CHECKING:
    from uuid import UUID

    from mobile.feed.feeds import LoadedEdition
    from mobile.preview.choices import Choices
    from operators.models import Operator
    from publishing.models import Publishable
    from publishing.registry import ContentKind


class NothingToPreview(Exception):
    """There is no such request or draft, or the operator may not see it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    # Of the piece of content; empty when several are changed at once.
    uid: str
    edition: LoadedEdition
    # As it would stand in the edition; None = it would be gone.
    item: Mapping[str, Any] | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    # The kind of content and its title; empty when several are changed at once, or it would go.
    kind: str = ""
    title: str = ""

    @property
    def placement(self) -> str:
        """The place in the app that the change is about; empty = none in particular."""
        return str(self.payload.get("placement") or "")


def proposal_of(choices: Choices, operator: Operator, at: datetime) -> Proposal | None:
    if choices.request_id is not None:
        return _requested(choices.request_id, operator, at)
    if choices.draft is not None:
        return _drafted(choices.draft, operator, at)
    return None


def _requested(request_id: int, operator: Operator, at: datetime) -> Proposal:
    # In the operator's own schema, and in their own branch.
    visible = Request.objects.filter(branch_path__startswith=branch_scope(operator))
    request = visible.filter(pk=request_id, kind__in=RequestKind.values).first()
    if request is None or not operator.has_perm("approvals.view_request"):
        raise NothingToPreview
    edition = loaded(publishing.edition_if_approved(request, at))
    return _proposal(request.target_id, edition, request.payload.get("payload"))


def _drafted(uid: UUID, operator: Operator, at: datetime) -> Proposal:
    for kind in registry.kinds_here():
        draft = _draft_of(kind, uid, operator)
        if draft is not None:
            edition = loaded(publishing.edition_with_draft(draft, at))
            return _proposal(str(uid), edition, draft.render_payload())
    raise NothingToPreview


def _draft_of(kind: ContentKind, uid: UUID, operator: Operator) -> Publishable | None:
    app_label, model_name = kind.target_kind.split(".")
    if not operator.has_perm(f"{app_label}.view_{model_name}"):
        return None
    drafts = kind.model._default_manager.select_related("branch")
    scope = branch_scope(operator)
    if scope:
        drafts = drafts.filter(branch__path__startswith=scope)
    return drafts.filter(uid=uid).first()


def _proposal(uid: str, edition: LoadedEdition, payload: Mapping[str, Any] | None) -> Proposal:
    item = next((item for item in edition.items if item["id"] == uid), None)
    kind, title = (item["kind"], item["title"]) if item is not None else ("", "")
    return Proposal(uid, edition, item, payload or {}, kind, title)
