"""What a request is about: one piece of content, and what it would replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from publishing import envelopes, errors
from publishing.choices import PublicationAction
from publishing.models import Publication

if TYPE_CHECKING:
    from publishing.registry import ContentKind


def columns(kind: ContentKind, target_id: object) -> dict[str, Any]:
    return {"target_kind": kind.target_kind, "target_id": str(target_id)}


def base(target_id: object) -> dict[str, Any]:
    """What the request would replace: both from one look, so that they cannot disagree."""
    latest = Publication.objects.latest_of(target_id)
    return {
        "before": envelopes.of_publication(latest),
        "base_digest": envelopes.state_digest(latest),
    }


def published(kind: str, target_id: object) -> Publication:
    latest = Publication.objects.latest_of(target_id)
    if latest is None or latest.kind != kind or latest.action == PublicationAction.WITHDRAW:
        raise errors.NotPublished(_("This is not published."))
    return latest
