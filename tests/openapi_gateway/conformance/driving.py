"""The reference driver of docs/examples, wired to the gateway in this process: real signatures
through the real pipeline, with a clock that waits by jumping."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.test import Client as Browser

from openapi_gateway.choices import Algorithm
from openapi_gateway.conformance import operations
from openapi_gateway.credentials.platform_ring import private_keys
from openapi_gateway.credentials.platform_signer import key_id_of
from openapi_gateway.signing.algorithms import verifier
from tests.openapi_gateway.making import Partner

FILE = Path(__file__).parents[3] / "docs" / "examples" / "conformance_run.py"


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("conformance_run", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["conformance_run"] = module
    spec.loader.exec_module(module)
    return module


example = _loaded()


class InProcess(httpx.BaseTransport):
    """What takes longer than the client's time limit is a time-out, as on a wire."""

    def __init__(self, traveller: Any) -> None:
        self.browser, self.traveller = Browser(), traveller

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.time()
        raw = request.read()
        headers = {name: value for name, value in request.headers.items() if name in _SENT}
        answer = self.browser.generic(
            request.method, request.url.raw_path.decode(), raw,
            content_type=request.headers.get("content-type", ""), headers=headers,
            REMOTE_ADDR="203.0.113.7",
        )  # fmt: skip
        limit = request.extensions["timeout"]["read"]
        taken = time.time() - began
        if limit and taken > limit:
            self.traveller.shift(limit - taken)
            raise httpx.ReadTimeout("The answer took too long.", request=request)
        return httpx.Response(
            answer.status_code, headers=dict(answer.headers), content=answer.content
        )


_SENT = {
    "host", "rcb-app-id", "content-digest", "signature-input", "signature", "idempotency-key",
}  # fmt: skip


def a_driver(
    partner: Partner, traveller: Any, client_class: Any = None, driver_class: Any = None
) -> Any:
    sign, verify = example.of_secret(partner.secret)
    key_id, public = platform_key(Algorithm.P256)
    keys = {partner.key_id: verify, key_id: verifier(Algorithm.P256, public)}
    client = (client_class or example.Client)(
        f"http://{partner.host}", partner.app_id, partner.key_id, sign, keys,
        httpx.Client(transport=InProcess(traveller)), sleep=traveller.shift,
    )  # fmt: skip
    return (driver_class or example.Driver)(client)


def platform_key(family: Algorithm) -> tuple[str, Any]:
    ring_id = next(iter(settings.GATEWAY_SIGNING_KEYS))
    return key_id_of(ring_id, family), private_keys(ring_id)[family].public_key()


def hold_by(traveller: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(operations, "hold", traveller.shift)
