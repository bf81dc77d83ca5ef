"""How refusals and failures look at every edge."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.views import set_rollback

from audit.errors import DomainError
from tenants.problems import challenge, domain_problem, not_found_problem, problem

MACHINE_PATHS = ("/api/", "/gw/")


def problem_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: domain errors and DRF's own, in one form; the rest is a 500."""
    answer = _problem_of(error)
    if answer is not None:
        set_rollback()
    return answer


def _problem_of(error: Exception) -> HttpResponse | None:
    if isinstance(error, DomainError):
        return domain_problem(error)
    if isinstance(error, Http404):
        return not_found_problem()
    if isinstance(error, ValidationError):
        return problem(400, "invalid", _("The request is not valid."), errors=error.detail)
    if isinstance(error, APIException):
        code = error.get_codes()
        return problem(
            error.status_code,
            code if isinstance(code, str) else "invalid",
            str(error.detail),
            headers=challenge(error.status_code),
        )
    return None


def _is_for_machines(request: HttpRequest) -> bool:
    return request.path_info.startswith(MACHINE_PATHS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400 of the consoles: a file that was too large even to be read gets its sentence."""
    most = filesizeformat(settings.UPLOAD_MAX_BYTES)
    if isinstance(exception, RequestDataTooBig) and not _is_for_machines(request):
        return render(request, "400.html", {"most": most}, status=400)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404 of every URL conf."""
    if _is_for_machines(request):
        return not_found_problem()
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500 of every URL conf: says nothing about the cause, which the log has."""
    if _is_for_machines(request):
        detail = _("Something went wrong on our side. Please try again.")
        return problem(500, "server_error", detail)
    return render(request, "500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/403_csrf.html", status=403)
