"""What a maker writes, checked before it is stored: one place for forms, services and imports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.timezone import is_naive
from django.utils.translation import gettext_lazy as _

from announcements.bodies import clean_body
from announcements.errors import BadContent

if TYPE_CHECKING:
    from announcements.models import Announcement
    from operators.models import Branch

MAX_TITLE_CHARACTERS = 80
PRIORITIES = range(-100, 101)


@dataclass(frozen=True, slots=True)
class Content:
    title: str
    body: str
    starts_at: datetime
    # None = until it is taken down
    ends_at: datetime | None = None
    is_pinned: bool = False
    must_read: bool = False
    priority: int = 0
    # None = every branch
    branch: Branch | None = None

    def cleaned(self) -> Content:
        """Tidied and valid. Raises ``BadContent`` naming the field."""
        _check_period(self.starts_at, self.ends_at)
        if self.priority not in PRIORITIES:
            raise BadContent(_("The priority is a number from -100 to 100."), field="priority")
        return replace(self, title=clean_title(self.title), body=clean_body(self.body))

    def fields(self) -> Iterator[tuple[str, Any]]:
        for name in self.__slots__:
            yield name, getattr(self, name)


def clean_title(raw: str) -> str:
    title = " ".join(raw.replace("\x00", "").split())
    if not title:
        raise BadContent(_("Please give the announcement a title."), field="title")
    if len(title) > MAX_TITLE_CHARACTERS:
        raise BadContent(
            _("The title is too long: at most %(limit)s characters.")
            % {"limit": MAX_TITLE_CHARACTERS},
            field="title",
        )
    return title


def _check_period(starts_at: datetime, ends_at: datetime | None) -> None:
    if is_naive(starts_at) or (ends_at is not None and is_naive(ends_at)):
        raise ValueError("times carry their zone")
    if ends_at is not None and ends_at <= starts_at:
        raise BadContent(
            _("The period ends before it starts. Please correct one of the two times."),
            field="ends_at",
            code="period_order",
        )


def content_of(draft: Announcement) -> Content:
    return Content(**{name: getattr(draft, name) for name in Content.__slots__})


def summary_of(draft: Announcement) -> dict[str, Any]:
    """What the audit trail keeps of a draft."""
    return {
        "title": draft.title,
        "body": draft.body,
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
        "is_pinned": draft.is_pinned,
        "must_read": draft.must_read,
        "priority": draft.priority,
        "branch": draft.branch.code if draft.branch is not None else "",
        "version": draft.version,
    }
