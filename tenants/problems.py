"""The one form of an error for machines: application/problem+json, RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpResponse
from django.utils.functional import Promise

from audit.context import current

ENCODER = msgspec.json.Encoder(enc_hook=str)


def problem(
    status: int,
    code: str,
    detail: str | Promise,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> HttpResponse:
    """``code`` is the stable word for programs, ``detail`` the sentence for people."""
    body = {
        "type": "about:blank",
        "status": status,
        "code": code,
        "detail": str(detail),
        "request_id": current().request_id,
        **members,
    }
    return HttpResponse(
        ENCODER.encode(body),
        status=status,
        content_type="application/problem+json",
        headers=dict(headers or {}),
    )
