"""The frozen form of a piece of content: what is reviewed is, to the letter, what is published."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from audit.canonical import canonical, dumps
from publishing.choices import PublicationAction

if TYPE_CHECKING:
    from publishing.models import Publication, Publishable
    from publishing.registry import ContentKind

Envelope = dict[str, Any]


def to_text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def to_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def of_draft(draft: Publishable, kind: ContentKind) -> Envelope:
    return canonical(
        {
            "schema": 1,
            "content": kind.name,
            "title": draft.title.strip(),
            "payload": draft.render_payload(),
            "starts_at": to_text(draft.starts_at),
            "ends_at": to_text(draft.ends_at),
            "audience": draft.audience,
            "priority": draft.priority,
            "branch_path": draft.branch.path if draft.branch else "",
            "branch_name": draft.branch.name if draft.branch else "",
            "draft_version": draft.version,
        }
    )


def of_publication(publication: Publication | None) -> Envelope | None:
    """None when nothing is published: never yet, or withdrawn."""
    if publication is None or publication.action == PublicationAction.WITHDRAW:
        return None
    return canonical(
        {
            "schema": 1,
            "content": publication.kind,
            "title": publication.title,
            "payload": publication.payload,
            "starts_at": to_text(publication.starts_at),
            "ends_at": to_text(publication.ends_at),
            "audience": publication.audience,
            "priority": publication.priority,
            "branch_path": publication.branch_path,
            "branch_name": publication.branch_name,
            "draft_version": publication.draft_version,
        }
    )


def withdrawal(publication: Publication) -> Envelope:
    return {"schema": 1, "content": publication.kind, "title": publication.title, "withdraw": True}


def same_content(one: Envelope | None, other: Envelope | None) -> bool:
    """Whether customers would see no difference."""
    return _content(one) == _content(other)


def _content(envelope: Envelope | None) -> str:
    ignored = {"draft_version", "branch_name", "version"}
    return dumps({key: value for key, value in (envelope or {}).items() if key not in ignored})


def state_digest(publication: Publication | None) -> str:
    """Tells one state of a target from every other: its last publication's MAC occurs once."""
    return hashlib.sha256(publication.mac.encode()).hexdigest() if publication else ""
