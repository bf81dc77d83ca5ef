from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from audit.context import request_context

HEADER = "X-Request-ID"
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestContextMiddleware:
    """Gives the request its id and the client's address; the id goes back in the response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_context(request_id_of(request), client_address(request)) as context:
            response = self.get_response(request)
        response[HEADER] = context.request_id
        return response


def request_id_of(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "")
    return given if SAFE_ID.fullmatch(given) else uuid.uuid4().hex


def client_address(request: HttpRequest) -> str | None:
    """The address our outermost proxy saw; the client may have made up what stands left of it."""
    if settings.PROXY_COUNT:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        if len(hops) >= settings.PROXY_COUNT and hops[0].strip():
            return parse_address(hops[-settings.PROXY_COUNT])
    return parse_address(request.META.get("REMOTE_ADDR", ""))


@lru_cache(maxsize=4096)
def parse_address(text: str) -> str | None:
    """An IP address without port, brackets and zone; None for anything else (a socket's path)."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
