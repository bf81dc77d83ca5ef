"""The short way to the route that every phone calls at every start.

Sessions, languages, forms and consoles are nothing to it: it is served in front of all that, with
the same hosts, the same refusals and the same form of error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from secrets import token_hex

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from audit.context import request_context
from audit.errors import DomainError
from audit.middleware import HEADER, SAFE_ID
from mobile.api.home import home
from tenants.changes import current_directory, reading_once
from tenants.directory import Directory
from tenants.hosts import host_name, is_platform_host
from tenants.problems import domain_problem
from tenants.refusals import UNAVAILABLE, UNKNOWN_HOST, refusal_of, refuse

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]
HOT: dict[str, Answer] = {"/api/channel/v1/home": home}
# SecurityMiddleware, which these answers do not pass, would say the same.
SAFETY = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": settings.SECURE_REFERRER_POLICY}
if settings.SECURE_HSTS_SECONDS:
    SAFETY["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
_host_of = lru_cache(maxsize=2048)(host_name)


class HotRoutesMiddleware:
    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = HOT.get(request.path_info)
        if view is None:
            return self.get_response(request)
        given = request.META.get("HTTP_X_REQUEST_ID")
        request_id = given if given and SAFE_ID.fullmatch(given) else token_hex(16)
        with request_context(request_id):
            response = _answer(request, view)
        headers = response.headers
        headers[HEADER] = request_id
        for name, value in SAFETY.items():
            headers[name] = value
        return response


def _answer(request: HttpRequest, view: Answer) -> HttpResponse:
    try:
        directory = current_directory()
    except OperationalError:
        return refuse(request, UNAVAILABLE)
    if settings.CHANGE_READER == "thread":
        return _served(request, view, directory)
    with reading_once(directory):
        return _served(request, view, directory)


def _served(request: HttpRequest, view: Answer, directory: Directory) -> HttpResponse:
    """The statements of these views name the bank's schema in full: the search path stays."""
    host = _host_of(request.META.get("HTTP_HOST", ""))
    bank = directory.banks.get(host)
    if bank is None or is_platform_host(host):
        return refuse(request, UNKNOWN_HOST)
    refusal = refusal_of(bank, request.path_info)
    if refusal:
        return refuse(request, refusal, bank)
    request.tenant = bank  # type: ignore[attr-defined]
    try:
        return view(request)
    except DomainError as error:
        with translation.override(settings.LANGUAGE_CODE):
            return domain_problem(error)
    except (OperationalError, InterfaceError):
        logger.warning("mobile.home_without_database", exc_info=True)
        return refuse(request, UNAVAILABLE)
