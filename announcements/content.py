"""What a maker writes, checked before it is stored: one place for forms, services and imports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.timezone import is_naive
from django.utils.translation import gettext_lazy as _

from announcements.bodies import clean_body
from announcements.errors import BadContent
from audit.context import current_schema
from customers.audiences import clean_rule
from customers.errors import BadAudience
from operators.roles import is_platform

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
    # {} = everybody
    audience: dict[str, Any] = field(default_factory=dict)
    for_seniors: bool = False
    # None = nobody sees it before the others
    trial_starts_at: datetime | None = None

    def cleaned(self) -> Content:
        """Tidied and valid. Raises ``BadContent`` naming the field."""
        _check_period(self.starts_at, self.ends_at)
        _check_trial(self.trial_starts_at, self.starts_at)
        if self.priority not in PRIORITIES:
            raise BadContent(_("The priority is a number from -100 to 100."), field="priority")
        return replace(
            self,
            title=clean_title(self.title),
            body=clean_body(self.body),
            audience=clean_audience(self.audience),
        )

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


def clean_audience(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        return clean_rule(raw, province=is_platform(current_schema()))
    except BadAudience as error:
        raise BadContent(error.message, field="audience") from error


def _check_trial(trial_starts_at: datetime | None, starts_at: datetime) -> None:
    if trial_starts_at is None:
        return
    if is_naive(trial_starts_at):
        raise ValueError("times carry their zone")
    if trial_starts_at >= starts_at:
        raise BadContent(
            _("The trial begins before everybody sees it. Choose an earlier time, or none."),
            field="trial_starts_at",
        )


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
        "audience": draft.audience,
        "for_seniors": draft.for_seniors,
        "trial_starts_at": draft.trial_starts_at,
        "version": draft.version,
    }
