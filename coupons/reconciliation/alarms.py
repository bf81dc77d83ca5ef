"""What a console shows until a later run ties out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coupons.choices import ReconciliationState
from coupons.models import Reconciliation

if TYPE_CHECKING:
    from django.http import HttpRequest

PERMISSION = "coupons.view_reconciliation"


def broken_run() -> Reconciliation | None:
    """The run made last, unless it tied out."""
    last = Reconciliation.objects.defer("totals").order_by("-checked_at", "-day").first()
    return last if last is not None and last.state == ReconciliationState.BROKEN else None


def badge(request: HttpRequest) -> str:
    """Beside the menu: the number of breaks."""
    operator: Any = request.user
    found = broken_run() if operator.has_perm(PERMISSION) else None
    return str(len(found.breaks)) if found is not None else ""


def alarm_for(operator: Any) -> Reconciliation | None:
    """For the workbench of somebody who may look into it."""
    return broken_run() if operator.has_perm(PERMISSION) else None
