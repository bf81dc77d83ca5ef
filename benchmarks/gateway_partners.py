"""Clients with keys and tokens for the benchmark of the gateway, and files of their calls."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from openapi_gateway.base_services.identity.choices import TicketState
from openapi_gateway.base_services.identity.models import Ticket, Token
from openapi_gateway.base_services.identity.records import digest_of
from openapi_gateway.choices import Algorithm, Environment
from tenants.services import provision_bank
from tests.openapi_gateway.making import Partner, a_client, a_grant, a_partner, a_plan

PATH = "/gw/v1/identity/token:introspect"
FORM = "application/x-www-form-urlencoded"
# A plan that never stops the measured calls, though every one of them is counted against it.
PLENTY = {
    "rate_per_second": 100_000, "burst": 100_000, "day_quota": 10**9, "month_quota": 10**10,
}  # fmt: skip
TOKENS = 200
SEPARATOR = b"\x1e"
PLACES = {
    Algorithm.HMAC_SHA256: Environment.SANDBOX,
    Algorithm.P256: Environment.PRODUCTION,
    Algorithm.SM2: Environment.PRODUCTION,
}
# djangorestframework-api-key's own table and a key, in the same database.
_API_KEY = """
from benchmarks.peers import drf_view
from django.core.management import call_command
call_command("migrate", "rest_framework_api_key", verbosity=0)
from rest_framework_api_key.models import APIKey
print(APIKey.objects.create_key(name="bench")[1])
"""


class Caller:
    """One partner, with live tokens."""

    def __init__(self, bank: Any, algorithm: Algorithm) -> None:
        environment = PLACES[algorithm]
        client = a_client(bank)
        a_grant(client, plans={"identity": a_plan("identity", **PLENTY)})
        self.partner: Partner = a_partner(client, environment, algorithm)
        self.tokens = [self._token() for _number in range(TOKENS)]

    def _token(self) -> str:
        """As an exchange leaves it."""
        secret, now, partner = secrets.token_urlsafe(32), timezone.now(), self.partner
        ends = now + timedelta(hours=2)
        of_client = {
            "bank_id": partner.client.bank_id, "app_id": partner.app_id,
            "environment": partner.environment, "customer_number": "C1", "amr": ["app"],
            "scopes": ["identity.login"], "auth_time": now, "issued_at": now,
        }  # fmt: skip
        ticket = Ticket.objects.create(
            **of_client, digest=digest_of(secrets.token_hex(16)), code_challenge="c" * 43,
            device_digest="d" * 64, fingerprint="f" * 64, request_key=secrets.token_hex(16),
            salt=b"salt", state=TicketState.REDEEMED, expires_at=ends,
        )  # fmt: skip
        Token.objects.create(
            **of_client, digest=digest_of(secret), ticket=ticket, key_id=partner.key_id,
            openid=f"o_{secrets.token_hex(16)}", session_ref=secrets.token_hex(12), expires_at=ends,
        )  # fmt: skip
        return secret

    def write(self, path: Path, count: int) -> None:
        """Signed now, with a nonce each: they are valid for five minutes."""
        with path.open("wb") as file:
            for number in range(count):
                file.write(self.request(number) + SEPARATOR)

    def request(self, number: int = 0) -> bytes:
        body = f"token={self.tokens[number % TOKENS]}".encode()
        headers = self.partner.headers("POST", PATH, body, content_type=FORM)
        return raw_request(PATH, headers, body)


def raw_request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def write_plain(path: Path, caller: Caller, count: int, prefix: str, api_key: str = "") -> None:
    """The same calls, not signed."""
    headers = {"Host": "localhost", "Content-Type": FORM}
    if api_key:
        headers["Authorization"] = f"Api-Key {api_key}"
    with path.open("wb") as file:
        for number in range(count):
            body = f"token={caller.tokens[number % TOKENS]}".encode()
            file.write(raw_request(prefix + PATH, headers, body) + SEPARATOR)


def an_api_key(answer: Path) -> str:
    environment = {**os.environ, "PEER_ANSWER": str(answer)}
    command = [sys.executable, "-c", _API_KEY]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1]


def make_bank() -> Any:
    bank = provision_bank(slug="bench", name="bench")
    type(bank).objects.filter(pk=bank.pk).update(status="active")
    return bank


def sample_answer(path: Path, body: bytes) -> None:
    assert json.loads(body)["active"], body
    path.write_bytes(body)
