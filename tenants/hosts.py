from __future__ import annotations

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port


def host_of(request: HttpRequest) -> str:
    """In lower case, without port and trailing dot; empty when it is no host name."""
    try:
        return split_domain_port(request.get_host())[0]
    except DisallowedHost:
        return ""


def host_name(raw: str) -> str:
    """The same of a Host header as it was sent."""
    domain = split_domain_port(raw)[0]
    return domain if domain.isascii() else ""


def is_platform_host(host: str) -> bool:
    return host == settings.PLATFORM_HOST


def is_open_host(host: str) -> bool:
    """A host of the gateway: production or sandbox."""
    return host in settings.OPEN_HOSTS


def bank_host(slug: str) -> str:
    return f"{slug}.{settings.BASE_DOMAIN}"
