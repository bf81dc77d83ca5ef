from __future__ import annotations

from typing import TYPE_CHECKING, Any

from announcements.bodies import excerpt, sanitise
from publishing.envelopes import to_text

if TYPE_CHECKING:
    from announcements.models import Announcement

SCHEMA = 1


def render_payload(announcement: Announcement) -> dict[str, Any]:
    """The versioned document that customers receive."""
    body = sanitise(announcement.body)
    return {
        "schema": SCHEMA,
        "title": announcement.title,
        "summary": excerpt(body),
        "body": body,
        "pinned": announcement.is_pinned,
        "must_read": announcement.must_read,
        "for_seniors": announcement.for_seniors,
        "trial_starts_at": to_text(announcement.trial_starts_at),
    }
