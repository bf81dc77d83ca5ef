from __future__ import annotations

from typing import Any

from approvals.services import approve_request
from operators.models import Operator
from publishing import services as publishing
from publishing.governed import services


def publish_settings(
    maker: Operator, checker: Operator, *, name: str, values: dict[str, Any]
) -> None:
    """The bank's own values of one group, through review."""
    draft = services.begin_settings(actor=maker, name=name)
    draft = services.edit_settings(actor=maker, name=name, version=draft.version, values=values)
    request = publishing.submit_for_review(actor=maker, draft=draft)
    approve_request(actor=checker, request_id=request.pk)
