from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from audit import context
from audit.middleware import RequestContextMiddleware, parse_address

SEEN: dict[str, Any] = {}


def view(request: HttpRequest) -> HttpResponse:
    SEEN["context"] = context.current()
    return HttpResponse()


def ask(**meta: str) -> HttpResponse:
    return RequestContextMiddleware(view)(RequestFactory().get("/", **meta))


@pytest.mark.parametrize("given", ["abcd-1234", "A_b.c-90", "x" * 64])
def test_a_safe_request_id_is_taken_over_and_returned(given: str) -> None:
    response = ask(HTTP_X_REQUEST_ID=given)

    assert response["X-Request-ID"] == SEEN["context"].request_id == given


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with blank", "new\nline-123", "<script>1", "福祥福祥福祥福祥"]
)
def test_any_other_request_id_is_replaced(given: str) -> None:
    response = ask(HTTP_X_REQUEST_ID=given)

    assert response["X-Request-ID"] == SEEN["context"].request_id != given
    assert len(response["X-Request-ID"]) == 32


def test_the_context_ends_with_the_request() -> None:
    ask(REMOTE_ADDR="10.0.0.1")

    assert context.current() == context.OUTSIDE


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1", "10.0.0.1"),
        (1, "6.6.6.6, 1.2.3.4", "10.0.0.1", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.2", "10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.1", "10.0.0.1"),
        (1, "", "10.0.0.1", "10.0.0.1"),
        (1, "1.2.3.4, nonsense", "10.0.0.1", None),
        (1, "[2001:db8::1]:443", "10.0.0.1", "2001:db8::1"),
        (0, "", "", None),
    ],
)
def test_the_address_is_what_the_outermost_own_proxy_saw(
    settings: Any, proxies: int, forwarded: str, peer: str, address: str | None
) -> None:
    settings.PROXY_COUNT = proxies

    ask(REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)

    assert SEEN["context"].address == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 10.0.0.1 ", "10.0.0.1"),
        ("10.0.0.1:8080", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("/run/granian.sock", None),
        ("unix:", None),
        ("10.0.0.256", None),
    ],
)
def test_an_address_is_read_from_what_servers_give(text: str, address: str | None) -> None:
    assert parse_address(text) == address
