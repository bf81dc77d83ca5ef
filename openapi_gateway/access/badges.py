"""Numbers beside the menu; empty when there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from approvals.badges import count_badge
from openapi_gateway.access.inbox import returned_to_us, waiting_for
from openapi_gateway.access.people import on_platform

if TYPE_CHECKING:
    from django.http import HttpRequest


def applications_for_me(request: HttpRequest) -> str:
    operator: Any = request.user
    at = timezone.now()
    if on_platform():
        return count_badge(waiting_for(operator, at))
    if not operator.has_perm("gateway_access.change_application"):
        return ""
    return count_badge(returned_to_us(at))
