"""The review that follows an emergency take-down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.registry import DiffRow, Kind
from publishing import differences, issuing, registry, takedown_cases, takedowns
from publishing.choices import RequestKind, TakedownState

if TYPE_CHECKING:
    from datetime import datetime

    from approvals.models import Request
    from operators.models import Operator


# What the review page says instead of its usual words.
WORDS = {
    "approve": {
        "label": _("Confirm the take-down"),
        "explanation": _("It was right: it stays down, and the review ends."),
    },
    "send_back": {
        "label": _("Object and restore"),
        "explanation": _("It was wrong: customers see the content again, as it was, at once."),
    },
    "withdraw": {
        "label": _("Undo the take-down"),
        "explanation": _("Customers see the content again, as it was, at once."),
    },
}
COLUMNS = (pgettext_lazy("column", "taken down"), pgettext_lazy("column", "since then"))


class TakedownKind(Kind):
    """Never stale: what was done is judged, whatever has been published since."""

    name = RequestKind.TAKEDOWN
    label = _("emergency take-down")
    submit_permission = takedowns.PERMISSION
    approve_permission = "publishing.approve_publication"

    def lock(self, target_id: str) -> None:
        issuing.lock_head()

    def describe(self, request: Request) -> list[DiffRow]:
        return differences.rows(request.before, None)

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        """It has been off since it was taken down: the approval only says that this was right."""

    def on_refused(self, request: Request, *, actor: Operator, reason: str, at: datetime) -> None:
        takedowns.restore(request, actor=actor, reason=reason, at=at)

    def review_extra(self, request: Request) -> dict[str, Any]:
        content = registry.get(request.payload["content"])
        drafts = content.model._default_manager.filter(uid=request.target_id)
        return {
            "preview_url": registry.preview_address(request),
            "target_view": content.change_view,
            "target_pk": drafts.values_list("pk", flat=True).first(),
            "words": WORDS,
            "columns": COLUMNS,
            "notice": _notice(request),
        }


def _notice(request: Request) -> Any:
    [case] = takedown_cases.cases_of([request], timezone.now())
    return {
        TakedownState.WAITING: _(
            "Customers have not seen this since it was taken down. Confirm that this was right, or"
            " object: then it comes back as it was."
        ),
        TakedownState.CONFIRMED: _("A second person has confirmed the take-down."),
        TakedownState.RESTORED: _("It is back for customers, as it was."),
        TakedownState.NOT_RESTORED: case.why_not,
        TakedownState.NOT_REVIEWED: _("Nobody reviewed this take-down in time; it stays down."),
    }[case.state]
