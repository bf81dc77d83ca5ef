"""The review that follows an emergency take-down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from approvals.registry import DiffRow, Kind
from publishing import differences, issuing, takedowns
from publishing.choices import RequestKind

if TYPE_CHECKING:
    from datetime import datetime

    from approvals.models import Request
    from operators.models import Operator


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
