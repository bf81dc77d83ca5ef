"""An announcement as the platform offers it to banks, and the draft that a bank makes of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from announcements.content import Content
from announcements.services import create_draft
from publishing.envelopes import to_moment, to_text

if TYPE_CHECKING:
    from announcements.models import Announcement
    from operators.models import Operator

# Branch and trial are the platform's own affair.
_PLAIN = ("title", "body", "is_pinned", "must_read", "priority", "audience", "for_seniors")


def offer_content(draft: Announcement) -> dict[str, Any]:
    return {
        "schema": 1,
        **{name: getattr(draft, name) for name in _PLAIN},
        "starts_at": to_text(draft.starts_at),
        "ends_at": to_text(draft.ends_at),
    }


@transaction.atomic
def accept_offer(
    *, actor: Operator, content: dict[str, Any], at: datetime | None = None
) -> Announcement:
    """A draft in the current bank; its period begins now when the offered one has begun."""
    starts_at, ends_at = to_moment(content["starts_at"]), to_moment(content["ends_at"])
    assert starts_at is not None
    at = at or timezone.now()
    if starts_at < at:
        if ends_at is not None and ends_at <= at:
            ends_at = at + (ends_at - starts_at)
        starts_at = at
    plain = {name: content[name] for name in _PLAIN}
    return create_draft(actor=actor, content=Content(**plain, starts_at=starts_at, ends_at=ends_at))
