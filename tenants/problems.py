"""The one form of an error for machines: application/problem+json, RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from audit.context import current
from audit.errors import DomainError

ENCODER = msgspec.json.Encoder(enc_hook=str)
MEMBERS = frozenset({"type", "status", "code", "detail", "request_id", "headers"})


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


def domain_problem(error: DomainError) -> HttpResponse:
    """With what the refusal tells machines of its cause, as members of their own."""
    status = error.http_status
    facts = {name: value for name, value in error.facts.items() if name not in MEMBERS}
    return problem(status, error.code_text, error.message, headers=challenge(status), **facts)


def not_found_problem() -> HttpResponse:
    return problem(404, "not_found", _("There is nothing at this address."))


def method_problem(*allowed: str) -> HttpResponse:
    detail = _("This address does not understand the method.")
    return problem(405, "method_not_allowed", detail, headers={"Allow": ", ".join(allowed)})


def challenge(status: int) -> dict[str, str]:
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}
