"""How refusals and failures look at every edge."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.views import set_rollback

from audit.errors import DomainError
from tenants.problems import problem


def problem_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: domain errors and DRF's own, in one form; the rest is a 500."""
    if isinstance(error, DomainError):
        set_rollback()
        return problem(error.http_status, error.code_text, error.message)
    if isinstance(error, ValidationError):
        set_rollback()
        return problem(400, "invalid", _("The request is not valid."), errors=error.detail)
    if isinstance(error, APIException):
        set_rollback()
        headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
        code = error.get_codes()
        return problem(
            error.status_code, code if isinstance(code, str) else "invalid", str(error.detail),
            headers=headers,
        )
    return None


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/403_csrf.html", status=403)
