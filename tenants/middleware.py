from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django_tenants.utils import tenant_context

from tenants.models import Domain
from tenants.platform import PLATFORM


class BankMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host, _port = split_domain_port(request.get_host())
        if host == settings.PLATFORM_HOST:
            request.tenant = PLATFORM
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        else:
            domain = Domain.objects.select_related("tenant").filter(domain=host).first()
            if domain is None:
                raise Http404(host)
            request.tenant = domain.tenant
        with tenant_context(request.tenant):
            return self.get_response(request)
