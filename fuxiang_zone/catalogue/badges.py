"""Numbers beside the menu; empty when there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from approvals.badges import count_badge
from fuxiang_zone.catalogue.applying import DECIDE
from fuxiang_zone.catalogue.choices import ApplicationState
from fuxiang_zone.catalogue.models import ActivationApplication

if TYPE_CHECKING:
    from django.http import HttpRequest


def applications_waiting(request: HttpRequest) -> str:
    operator: Any = request.user
    if not operator.has_perm(DECIDE):
        return ""
    rows = ActivationApplication.objects.filter(state=ApplicationState.SUBMITTED)
    return count_badge(rows)
