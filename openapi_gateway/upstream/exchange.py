"""One HTTP exchange with a vendor: within a time budget from the first byte to the last, without
redirects, and nothing is believed but a small JSON document that fits its schema."""

from __future__ import annotations

import logging
import os
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import httpcore
import httpx
import msgspec
from django.conf import settings

from openapi_gateway.upstream.errors import (
    BAD_RESPONSE,
    REFUSED,
    TIMEOUT,
    UNREACHABLE,
    UpstreamFailed,
    VendorRefusal,
)  # fmt: skip
from openapi_gateway.upstream.signatures import signed_headers

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

MAX_ANSWER = 256 * 1024
JSON = "application/json"
CONNECTIONS, IDLE_SECONDS = 32, 20
# What a vendor says of itself, not of the call: its trouble, or its trouble with us.
TROUBLE = frozenset({401, 403, 408, 429})
# Of no control characters: a NUL could not be kept.
NO_CONTROLS = r"\A[^\x00-\x1f\x7f]*\Z"


@dataclass(frozen=True, slots=True)
class Destination:
    name: str
    base_url: str
    connect_seconds: float
    total_seconds: float
    secret: bytes = field(repr=False)


class Refusal(msgspec.Struct):
    """Body of a 4xx. What else it says is for the vendor's own people."""

    code: Annotated[str, msgspec.Meta(pattern=NO_CONTROLS)]


def ask(
    to: Destination,
    method: str,
    path: str,
    answer: type[Answer],
    *,
    body: Any = None,
    media: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """``body`` goes as JSON, ``media`` as it is. Raises ``VendorRefusal`` when the vendor said no
    with a code, and ``UpstreamFailed`` for everything else that is no good answer."""
    content = media if media is not None else b"" if body is None else msgspec.json.encode(body)
    request = {
        "Accept": JSON,
        "Accept-Encoding": "identity",
        "Content-Type": "application/octet-stream" if media is not None else JSON,
        **signed_headers(to.secret, method, path, content, int(time.time())),
        **(headers or {}),
    }
    token = _deadline.set(time.monotonic() + to.total_seconds)
    try:
        status, kind, raw = _exchange(to, method, path, content, request)
    finally:
        _deadline.reset(token)
    return _believed(to, status, kind, raw, answer)


def _exchange(
    to: Destination, method: str, path: str, content: bytes, headers: Mapping[str, str]
) -> tuple[int, str, bytes]:
    timeout = httpx.Timeout(to.total_seconds, connect=to.connect_seconds)
    try:
        with _client(to.base_url).stream(
            method, to.base_url + path, content=content, headers=headers, timeout=timeout
        ) as response:
            return response.status_code, response.headers.get("content-type", ""), _body(response)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise _failed(to, UNREACHABLE, error, was_sent=False) from error
    except httpx.TimeoutException as error:
        raise _failed(to, TIMEOUT, error) from error
    except (_Unbelievable, httpx.DecodingError, httpx.RemoteProtocolError) as error:
        raise _failed(to, BAD_RESPONSE, error) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _failed(to, UNREACHABLE, error) from error


class _Unbelievable(Exception):
    pass


def _body(response: httpx.Response) -> bytes:
    """At most MAX_ANSWER bytes; what is longer is not read to its end."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _Unbelievable("compressed")
    raw = bytearray()
    for chunk in response.iter_raw():
        raw += chunk
        if len(raw) > MAX_ANSWER:
            raise _Unbelievable("too long")
    return bytes(raw)


def _believed(to: Destination, status: int, kind: str, raw: bytes, answer: type[Answer]) -> Answer:
    if status in TROUBLE or status >= 500 or status < 200 or 300 <= status < 400:
        raise _failed(to, REFUSED if status in (401, 403) else BAD_RESPONSE, f"status {status}")
    media_type, _, parameters = kind.lower().partition(";")
    if media_type.strip() != JSON or parameters.strip() not in ("", "charset=utf-8"):
        raise _failed(to, BAD_RESPONSE, "not JSON in UTF-8")
    try:
        text = raw.decode()
        if status < 400:
            return msgspec.json.decode(text, type=answer)
        code = msgspec.json.decode(text, type=Refusal).code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # Not the decoder's own words: they may quote what was sent.
        raise _failed(to, BAD_RESPONSE, type(error).__name__) from None
    raise VendorRefusal(code[:60])


def _failed(to: Destination, code: str, cause: object, *, was_sent: bool = True) -> UpstreamFailed:
    logger.warning("upstream.failed vendor=%s code=%s cause=%s", to.name, code, str(cause)[:200])
    return UpstreamFailed(code, was_sent=was_sent)


# --- The connections ------------------------------------------------------------------------------
_deadline: ContextVar[float] = ContextVar("upstream_deadline")
_clients: dict[str, httpx.Client] = {}
_making = threading.Lock()


def _client(base_url: str) -> httpx.Client:
    client = _clients.get(base_url)
    if client is None:
        with _making:
            client = _clients.setdefault(base_url, _clients.get(base_url) or _new_client())
    return client


def _new_client() -> httpx.Client:
    transport = httpx.HTTPTransport()
    # httpx has no way of its own to say where the bytes come from.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(cafile=settings.UPSTREAM_CA_FILE or None),
        max_connections=CONNECTIONS,
        max_keepalive_connections=CONNECTIONS,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=_TimedBackend(),
    )
    return httpx.Client(transport=transport, trust_env=False, follow_redirects=False)


def forget_connections() -> None:
    """A forked child must not share its parent's connections."""
    _clients.clear()


os.register_at_fork(after_in_child=forget_connections)


def _left(timeout: float | None) -> float:
    """Seconds that the next step may take. httpx itself bounds each read, so that a byte now and
    then would keep a call alive for ever."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("The time budget is used up.")
    return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for at in range(0, len(buffer), 65_536):
            self._stream.write(buffer[at : at + 65_536], _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _TimedBackend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _TimedStream(
            super().connect_tcp(host, port, _left(timeout), local_address, socket_options)
        )
