"""The partner's server that the platform calls back: it takes everything and verifies it later."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Callback:
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    def is_signed_with(self, secret: str) -> bool:
        """Standard Webhooks: of id, time and body, with the secret that the console showed."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        head = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}."
        wanted = base64.b64encode(hmac.digest(key, head.encode() + self.body, "sha256")).decode()
        given = self.headers["webhook-signature"].split(" ")
        return any(hmac.compare_digest(each, f"v1,{wanted}") for each in given)


@dataclass
class Receiver:
    received: list[Callback] = field(default_factory=list)

    def __post_init__(self) -> None:
        taken = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                taken.append(Callback({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_given: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/callback"

    def of_kind(self, kind: str) -> list[Callback]:
        return [each for each in self.received if each.document["type"] == kind]
