from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.errors import DomainError

if TYPE_CHECKING:
    from publishing.compliance.checklist import Item


class PublishingError(DomainError):
    code = "publishing_refused"


class DraftNotFound(PublishingError):
    code = "draft_not_found"
    http_status = 404


class EmptyTitle(PublishingError):
    code = "empty_title"
    http_status = 400


class PeriodRefused(PublishingError):
    """It ends before it starts, or has ended already."""

    code = "period_refused"
    http_status = 400


class NothingChanged(PublishingError):
    code = "nothing_changed"


class EditConflict(PublishingError):
    """Someone else saved the draft after this form was opened."""

    code = "edit_conflict"


class NotPublished(PublishingError):
    """There is nothing to withdraw or to roll back to."""

    code = "not_published"


class ReasonRequired(PublishingError):
    code = "reason_required"
    http_status = 400


class NothingChosen(PublishingError):
    """None of the chosen pieces is one that the verb takes."""

    code = "nothing_chosen"


class TooMany(PublishingError):
    code = "too_many"
    http_status = 400


class NotATakedown(PublishingError):
    code = "not_a_takedown"
    http_status = 404


class NotCompliant(PublishingError):
    """Rules of the compliance check fail, all of them named: ``items``."""

    code = "not_compliant"
    http_status = 400

    def __init__(self, sentences: Sequence[str], items: Sequence[Item]) -> None:
        super().__init__("\n".join(sentences))
        self.items = items
        self.facts: Mapping[str, Any] = {"items": [_told(each) for each in items]}


def _told(item: Item) -> dict[str, Any]:
    return {
        "rule": item.code,
        "title": str(item.title),
        "findings": [str(each) for each in item.findings if each.verdict == item.verdict],
    }
