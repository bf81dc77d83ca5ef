"""One POST to a partner's server: to the address that was judged, under the name that was given,
within 15 seconds from the first byte to the last, without following anything."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore

from openapi_gateway.webhooks import guard
from openapi_gateway.webhooks.choices import Outcome
from openapi_gateway.webhooks.errors import AddressRefused

TOTAL_SECONDS, CONNECT_SECONDS = 15.0, 5.0
# Its status says all; so much of the rest is read, and none of it is kept.
MOST_ANSWER = 64 * 1024
Connect = Callable[[str, int, float], httpcore.NetworkStream]


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome
    status: int | None = None
    milliseconds: int = 0


def connect(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
    return httpcore.SyncBackend().connect_tcp(address, port, timeout=timeout)


def post(
    url: str,
    environment: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    resolver: guard.Resolve = guard.resolve,
    connector: Connect = connect,
    context: ssl.SSLContext | None = None,
    total_seconds: float = TOTAL_SECONDS,
) -> Result:
    """Never raises for what the partner's side does."""
    began = time.monotonic()
    status: int | None = None
    try:
        target = guard.target_of(url, environment)
        backend = _Pinned(target, resolver, connector, began + total_seconds)
        status = _exchange(url, headers, body, backend, context)
        outcome = _outcome(status)
    except AddressRefused:
        outcome = Outcome.ADDRESS
    except (httpcore.TimeoutException, TimeoutError):
        outcome = Outcome.TIMEOUT
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
        outcome = Outcome.BAD_ANSWER
    except (httpcore.NetworkError, OSError):
        outcome = Outcome.NETWORK
    return Result(outcome, status, int((time.monotonic() - began) * 1000))


def _exchange(
    url: str, headers: Mapping[str, str], body: bytes, backend: _Pinned,
    context: ssl.SSLContext | None,
) -> int:  # fmt: skip
    with (
        httpcore.ConnectionPool(
            ssl_context=context or ssl.create_default_context(), network_backend=backend,
            http2=False, retries=0, max_connections=1,
        ) as pool,
        pool.stream(
            "POST", url, headers=list(headers.items()), content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS, "read": None, "write": None,
                                    "pool": None}},
        ) as answer,
    ):  # fmt: skip
        _read_a_little(answer)
        return answer.status


def _read_a_little(answer: httpcore.Response) -> None:
    """So that an honest server sees its answer taken; one that never ends is left alone."""
    taken = 0
    for chunk in answer.iter_stream():
        taken += len(chunk)
        if taken > MOST_ANSWER:
            return


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status == 410:
        return Outcome.GONE
    return Outcome.REDIRECT if 300 <= status < 400 else Outcome.REFUSED


class _Pinned(httpcore.NetworkBackend):
    """Resolves, judges and connects in one step: between them nobody can change an answer."""

    def __init__(
        self, target: guard.Target, resolver: guard.Resolve, connector: Connect, deadline: float
    ) -> None:
        self._target, self._deadline = target, deadline
        self._resolver, self._connector = resolver, connector

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = guard.safe_addresses(self._target, self._resolver)
        failure: Exception = httpcore.ConnectError("No address.")
        for address in addresses:
            try:
                seconds = min(CONNECT_SECONDS, _left(self._deadline))
                stream = self._connector(address, self._target.port, seconds)
                return _Timed(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("The time is up.")
    return left


class _Timed(httpcore.NetworkStream):
    """Each step within what is left of the whole: a byte now and then keeps nothing alive."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline)
        secure = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Timed(secure, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
