"""A client that sends at a steady rate whatever the answers do: latency counts from the moment at
which a request was due, so that a server that stalls does not hide it."""

from __future__ import annotations

import os
import re
import socket
import threading
import time

CONNECTIONS = 8
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def latencies_ms(port: int, requests: list[bytes], rate: float, core: int) -> list[float]:
    """``rate``: requests per second, over all connections. Any answer but 200 raises."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    found: list[list[float]] = [[] for _number in range(CONNECTIONS)]
    errors: list[BaseException] = []
    start = time.perf_counter() + 0.1
    threads = [
        threading.Thread(
            target=_send, args=(port, requests, number, rate, start, found[number], errors)
        )
        for number in range(CONNECTIONS)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        os.sched_setaffinity(0, before)
    if errors:
        raise errors[0]
    return [each for part in found for each in part]


def _send(
    port: int, requests: list[bytes], first: int, rate: float, start: float,
    found: list[float], errors: list[BaseException],
) -> None:  # fmt: skip
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for number in range(first, len(requests), CONNECTIONS):
                due = start + number / rate
                if (wait := due - time.perf_counter()) > 0:
                    time.sleep(wait)
                client.sendall(requests[number])
                _receive(client)
                found.append((time.perf_counter() - due) * 1000)
    except BaseException as error:  # noqa: BLE001  (told by the caller)
        errors.append(error)


def _receive(client: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(client)
    head, _empty, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode(errors="replace"))
    length = _LENGTH.search(head)
    while (len(body) < int(length[1])) if length else not body.endswith(b"0\r\n\r\n"):
        body += _more(client)


def _more(client: socket.socket) -> bytes:
    data = client.recv(65_536)
    if not data:
        raise ConnectionError("The server closed the connection.")
    return data
