"""What the sidebar says of keys beside their entry."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from openapi_gateway.access.people import on_platform
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Key

PERMISSION = "gateway_credentials.view_key"


def keys_expiring(request: HttpRequest) -> str:
    """Keys in use that end within 30 days, and that nothing has replaced yet."""
    operator: Any = request.user
    if not operator.has_perm(PERMISSION):
        return ""
    count = keys_of(request).ending_soon(timezone.now()).filter(state=KeyState.ACTIVE).count()
    return str(count) if count else ""


def keys_of(request: HttpRequest) -> QuerySet:
    """Of the bank whose console this is; all on the platform's."""
    rows = Key.objects.all()
    return rows if on_platform() else rows.filter(client__bank=request.tenant)  # type: ignore[attr-defined]
