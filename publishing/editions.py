"""The compiled document of what is published, the same bytes for the same content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from audit.canonical import canonical, dumps
from publishing.envelopes import Envelope, to_text

if TYPE_CHECKING:
    from publishing.models import Publication

Document = dict[str, Any]


def document_of(schema_name: str, publications: Iterable[Publication]) -> Document:
    return of_items(schema_name, map(item_of, publications))


def of_items(schema_name: str, items: Iterable[dict[str, Any]]) -> Document:
    # Stable sorts, the last key first: kind, priority and start descending, id.
    ordered = sorted(items, key=lambda item: item["id"])
    ordered.sort(key=lambda item: item["starts_at"], reverse=True)
    ordered.sort(key=lambda item: (item["kind"], -item["priority"]))
    return {"schema": 1, "bank": schema_name, "items": ordered}


def item_of(publication: Publication) -> dict[str, Any]:
    return canonical(
        {
            "kind": publication.kind,
            "id": publication.target_id,
            "version": publication.version,
            "title": publication.title,
            "payload": publication.payload,
            "starts_at": to_text(publication.starts_at),
            "ends_at": to_text(publication.ends_at),
            "audience": publication.audience,
            "priority": publication.priority,
            "branch_path": publication.branch_path,
            "published_at": to_text(publication.published_at),
        }
    )


def item_if_approved(envelope: Envelope, target_id: str, version: int, at: datetime) -> Document:
    """The item that a proposed change would become."""
    copied = ("title", "payload", "starts_at", "ends_at", "audience", "priority", "branch_path")
    return {
        "kind": envelope["content"],
        "id": target_id,
        "version": version,
        **{name: envelope[name] for name in copied},
        "published_at": to_text(at),
    }


def digest_of(document: Document) -> str:
    return hashlib.sha256(dumps(document).encode()).hexdigest()
