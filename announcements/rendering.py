from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from announcements.models import Announcement


def render_payload(announcement: Announcement) -> dict[str, Any]:
    """The versioned document that customers receive."""
    return {
        "schema": 1,
        "title": announcement.title,
        "body": announcement.body,
        "pinned": announcement.is_pinned,
        "must_read": announcement.must_read,
    }
