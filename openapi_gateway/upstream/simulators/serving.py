"""A small HTTP server for the simulators: a process of its own, without Django's request cycle.

It says of itself that it is a simulator, at ``/about`` and in every answer's ``Server`` header.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from openapi_gateway.upstream.signatures import SIGNATURE, TIMESTAMP, is_signed

MAX_BODY = 32 * 2**20
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    status: int
    body: Any = None
    # Instead of ``body``: bytes as they are, or a fault played out on the open socket.
    raw: bytes | None = None
    content_type: str = JSON
    play: Callable[[socket.socket], None] | None = field(default=None, repr=False)


def refusal(status: int, code: str) -> Told:
    return Told(status, {"code": code, "message": "simulated"})


class Simulator(ABC):
    name: str

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.lock = threading.Lock()

    @abstractmethod
    def answer(self, asked: Asked) -> Told: ...

    def told(self, asked: Asked) -> Told:
        signed = is_signed(
            self.secret, asked.method, asked.path, asked.body,
            timestamp=asked.headers.get(TIMESTAMP.lower(), ""),
            signature=asked.headers.get(SIGNATURE.lower(), ""), now=time.time(),
        )  # fmt: skip
        if asked.method == "GET" and asked.path == "/about":
            return Told(200, {"simulator": True, "name": self.name})
        return self.answer(asked) if signed else refusal(401, "unsigned")


def run(make: Callable[[bytes], Simulator], secret_variable: str) -> None:
    """Prints the address once it listens. With ``--with-parent`` it ends when its input does."""
    parser = argparse.ArgumentParser(description="A simulator. Not for production.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true")
    chosen = parser.parse_args()
    secret = os.environ.get(secret_variable, "")
    if not secret:
        parser.error(f"{secret_variable} is not set: calls could not be verified.")
    simulator = make(secret.encode())
    server = _Server(("127.0.0.1", chosen.port), _handler(simulator))
    if chosen.with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        server.server_close()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _handler(simulator: Simulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "FuxiangSimulator", ""
        timeout = 60
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY:
                self.close_connection = True
                return self._send(refusal(413, "too_large"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            told = simulator.told(asked)
            if told.play is None:
                return self._send(told)
            self.close_connection = True
            return self._play(told.play)

        def _send(self, told: Told) -> None:
            body = msgspec.json.encode(told.body) if told.raw is None else told.raw
            self.send_response(told.status)
            self.send_header("Content-Type", told.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _play(self, play: Callable[[socket.socket], None]) -> None:
            try:
                play(self.connection)
            except OSError:
                return  # whoever asked has gone

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, *_arguments: Any) -> None:
            """Paths and bodies are nobody's business."""

    return Handler
