"""What is known so far of one call; what its answer and its line in the log need."""

from __future__ import annotations

import time
from os import urandom
from typing import Any

from django.http import HttpRequest

from audit.middleware import client_address
from openapi_gateway.calls import Call, Operation
from openapi_gateway.credentials.records import KeyRecord, Permit
from openapi_gateway.metering.wire import Finished
from openapi_gateway.signing.profile import SignatureInput
from openapi_gateway.signing.targets import authority_of, target_of

# Of what belongs to no base service: usage, quota, conformance.
ACCOUNT = "account"


class Exchange:
    __slots__ = (
        "address", "at", "began", "body", "call", "environment", "key", "language", "meta",
        "method", "operation", "path", "permit", "request_id", "signed",
    )  # fmt: skip

    def __init__(self, request: HttpRequest, environment: str) -> None:
        self.began, self.at = time.perf_counter(), time.time()
        self.meta: dict[str, Any] = request.META
        self.method, self.path = request.method or "", request.path_info
        self.environment = environment
        self.request_id = f"req_{int(self.at * 1000):012x}{urandom(7).hex()}"
        self.address = client_address(request) or ""
        self.language = "en" if self.header("ACCEPT_LANGUAGE").startswith("en") else "zh-hans"
        self.signed: SignatureInput | None = None
        self.key: KeyRecord | None = None
        self.permit: Permit | None = None
        self.operation: Operation | None = None
        self.call: Call | None = None
        self.body = b""

    def header(self, name: str) -> str:
        value: str = self.meta.get(f"HTTP_{name}", "")
        return value

    @property
    def app_id(self) -> str:
        return self.header("RCB_APP_ID")

    @property
    def authority(self) -> str:
        return authority_of(self.header("HOST"))

    @property
    def target(self) -> str:
        """The path as it is signed."""
        return target_of(self.path)

    @property
    def query(self) -> str:
        query: str = self.meta.get("QUERY_STRING", "")
        return query

    @property
    def content_type(self) -> str:
        kind: str = self.meta.get("CONTENT_TYPE", "")
        return kind

    @property
    def idempotency_key(self) -> str:
        return self.header("IDEMPOTENCY_KEY")

    @property
    def authorization(self) -> str:
        return self.header("AUTHORIZATION")


def finished(exchange: Exchange, status: int, outcome: str, billable: bool) -> Finished:
    operation, call, key = exchange.operation, exchange.call, exchange.key
    client = call.client if call is not None else None
    return Finished(
        exchange.request_id, int(exchange.at * 1000), client.bank_id if client else 0,
        client.app_id if client else exchange.app_id[:20], key.key_id if key else "",
        exchange.environment, operation.name if operation else "",
        (operation.service or ACCOUNT) if operation else "", status, outcome,
        int((time.perf_counter() - exchange.began) * 1_000_000), billable, exchange.address,
        call.subject if call else "",
    )  # fmt: skip
