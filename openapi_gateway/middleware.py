"""The short way of signed calls: past sessions, languages, forms and consoles."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from openapi_gateway.matching import Router
from openapi_gateway.pipeline import serve
from openapi_gateway.routes import OPERATIONS
from tenants.changes import current_directory, reading_once
from tenants.hosts import host_name
from tenants.refusals import UNAVAILABLE, refuse

PREFIX = "/gw/v1/"
# The document of the calls is an ordinary page.
PAGES = (f"{PREFIX}schema/",)
_host_of = lru_cache(maxsize=256)(host_name)


class GatewayMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._router = Router(OPERATIONS)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(PREFIX) or path.startswith(PAGES):
            return self.get_response(request)
        environment = settings.OPEN_HOSTS.get(_host_of(request.META.get("HTTP_HOST", "")))
        if environment is None:
            return self.get_response(request)
        try:
            banks = current_directory()
        except OperationalError:
            return refuse(request, UNAVAILABLE)
        if settings.CHANGE_READER == "thread":
            return serve(request, environment, self._router)
        with reading_once(banks):
            return serve(request, environment, self._router)
