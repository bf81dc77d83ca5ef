from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.db import OperationalError
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django_tenants.utils import tenant_context

from tenants.changes import current_directory, reading_once
from tenants.directory import Directory
from tenants.hosts import host_of, is_open_host, is_platform_host
from tenants.models import Bank
from tenants.platform import PLATFORM, Platform
from tenants.refusals import UNAVAILABLE, UNKNOWN_HOST, refusal_of, refuse

Answer = Callable[[HttpRequest], HttpResponseBase]


class BankMiddleware:
    """Puts the request on the schema of its host name, and the connection back afterwards."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            directory = current_directory()
        except OperationalError:
            return refuse(request, UNAVAILABLE)
        with reading_once(directory):
            return self._answer(request, directory)

    def _answer(self, request: HttpRequest, directory: Directory) -> HttpResponseBase:
        host = host_of(request)
        if is_platform_host(host):
            return self._served(request, PLATFORM, settings.PUBLIC_SCHEMA_URLCONF)
        if is_open_host(host):
            return self._served(request, PLATFORM, settings.OPEN_URLCONF)
        bank = directory.bank_of(host)
        if bank is None:
            return refuse(request, UNKNOWN_HOST)
        refusal = refusal_of(bank, request.path_info)
        if refusal:
            return refuse(request, refusal, bank)
        return self._served(request, bank, settings.ROOT_URLCONF)

    def _served(
        self, request: HttpRequest, tenant: Bank | Platform, urlconf: str
    ) -> HttpResponseBase:
        request.tenant = tenant  # type: ignore[attr-defined]
        request.urlconf = urlconf  # type: ignore[attr-defined]
        with tenant_context(tenant):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            response.streaming_content = _streamed(tenant, response.streaming_content)  # type: ignore[arg-type]
        return response


def _streamed(tenant: Bank | Platform, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What is read while it is sent is read in the same bank."""
    with tenant_context(tenant):
        yield from chunks
