"""A partner's server: a real socket that answers as it is told and writes down what it was sent."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    return answer


@dataclass
class PartnerServer:
    port: int
    answers: list[Answer] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callback"


@contextmanager
def partner_server(
    *answers: Answer, context: ssl.SSLContext | None = None
) -> Iterator[PartnerServer]:
    """``answers`` one after the other, the last one for ever; 200 without any."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                found.received.append(({k.lower(): v for k, v in self.headers.items()}, body))
                number = min(len(found.received), len(found.answers)) - 1
                answer = found.answers[number] if found.answers else status(200)
            answer(self)
            self.close_connection = True

        def log_message(self, *_arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = PartnerServer(server.server_address[1], list(answers))
    if context is not None:
        context.sni_callback = lambda _socket, name, _context: found.names.append(name)  # type: ignore[assignment]
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw_server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """For what no HTTP library says."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            peer, _address = listener.accept()
        except OSError:
            return
        with peer:
            try:
                peer.recv(65_536)
                speak(peer)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/callback"
    finally:
        listener.close()
