"""Clients, grants and keys for tests, and a partner's server that signs its calls.

Rows are made past the services, which have tests of their own.
"""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from tongsuopy.crypto import serialization as gm_serialization
from tongsuopy.crypto.asymciphers import ec as gm_ec

from openapi_gateway.access.choices import ApplicationState, CatalogueState, GrantState
from openapi_gateway.access.models import (
    Application,
    Grant,
    GrantedService,
    Plan,
    Scope,
    Service,
    ServiceVersion,
)
from openapi_gateway.choices import Algorithm, Environment, Level
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.sealing import fingerprint_of, seal_secret
from openapi_gateway.signing.algorithms import Sign, hmac_signer, signer

SANDBOX, PRODUCTION = Environment.SANDBOX, Environment.PRODUCTION
SCOPES = {
    "identity": (
        "identity.login", "identity.introspect", "identity.profile", "identity.phone",
        "identity.unionid", "identity.step_up",
    ),
    "liveness": ("liveness.check", "liveness.compare"),
    "keyboard": ("keyboard.translate", "keyboard.verify"),
    "products": ("products.read",),
}  # fmt: skip


def base32(length: int = 16) -> str:
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(length))


def a_service(code: str) -> Service:
    level = Level.A1 if code == "products" else Level.A2
    service, _made = Service.objects.get_or_create(
        code=code, defaults={"name": code, "level": level}
    )
    for scope in SCOPES.get(code, ()):
        Scope.objects.get_or_create(
            code=scope, defaults={"service": service, "name": scope, "data_level": "C2"}
        )
    return service


def a_plan(code: str, **limits: int) -> Plan:
    """Of a version of its own when it has limits of its own."""
    service = a_service(code)
    name = base32(6) if limits else "v1"
    version, _made = ServiceVersion.objects.get_or_create(
        service=service, version=name,
        defaults={"api_id": f"test.{code}.{name}", "state": CatalogueState.PUBLISHED},
    )  # fmt: skip
    defaults = {
        "name": "test", "state": CatalogueState.PUBLISHED, "rate_per_second": 1_000,
        "burst": 1_000, "day_quota": 1_000_000, "month_quota": 10_000_000, **limits,
    }  # fmt: skip
    plan, _made = Plan.objects.get_or_create(version=version, code="test", defaults=defaults)
    return plan


def a_client(bank: Any, name: str = "") -> Client:
    return Client.objects.create(
        app_id=f"app_{base32()}", bank=bank, name=name or f"client {base32(6)}",
        created_by="test", created_at=timezone.now(),
    )  # fmt: skip


def a_grant(
    client: Client,
    services: tuple[str, ...] = ("identity",),
    *,
    state: GrantState = GrantState.PRODUCTION_ACTIVE,
    scopes: dict[str, list[str]] | None = None,
    addresses: dict[str, list[str]] | None = None,
    callback_urls: dict[str, list[str]] | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    plans: dict[str, Plan] | None = None,
) -> Grant:
    now, today = timezone.now(), timezone.localdate()
    period = {
        "starts_on": starts_on or today - timedelta(days=1),
        "ends_on": ends_on or today + timedelta(days=365),
    }
    places = {"addresses": addresses or {}, "callback_urls": callback_urls or {}}
    application = Application.objects.create(
        bank=client.bank, client=client, state=ApplicationState.APPROVED, purpose="test",
        applicant_schema=client.bank.schema_name, applicant_id=1, applicant_name="test",
        created_at=now, touched_at=now, environments=Environment.values, **period, **places,
    )  # fmt: skip
    grant = Grant.objects.create(
        application=application, bank=client.bank, client=client, state=state, created_at=now,
        conformance_passed_at=now, **period, **places,
    )  # fmt: skip
    for code in services:
        plan = (plans or {}).get(code) or a_plan(code)
        chosen = (scopes or {}).get(code, list(SCOPES.get(code, ())))
        GrantedService.objects.create(grant=grant, plan=plan, scopes=chosen)
    return grant


@dataclass
class Partner:
    """A bank's own server: it knows its key's private half and nothing of ours."""

    client: Client
    key_id: str
    environment: str
    algorithm: Algorithm
    sign: Sign
    secret: str = ""
    address: str = "203.0.113.7"
    label: str = "sig1"
    # What a test wants to be different from what is right.
    now: float | None = None
    browser: Browser = field(default_factory=Browser)

    @property
    def host(self) -> str:
        return next(host for host, name in settings.OPEN_HOSTS.items() if name == self.environment)

    @property
    def app_id(self) -> str:
        return self.client.app_id

    def headers(
        self, method: str, path: str, body: bytes = b"", *, query: str = "",
        content_type: str = "application/json", idempotency_key: str = "", authorization: str = "",
        nonce: str = "",
    ) -> dict[str, str]:  # fmt: skip
        created = int(self.now if self.now is not None else time.time())
        names = ["@method", "@authority", "@path", "@query"]
        values = {
            "@method": method, "@authority": self.host, "@path": path, "@query": f"?{query}",
            "rcb-app-id": self.app_id,
        }  # fmt: skip
        sent = {"Host": self.host, "Rcb-App-Id": self.app_id}
        if body:
            digest = f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
            values |= {"content-digest": digest, "content-type": content_type}
            sent |= {"Content-Digest": digest, "Content-Type": content_type}
            names += ["content-digest", "content-type"]
        names.append("rcb-app-id")
        for name, value in (("idempotency-key", idempotency_key), ("authorization", authorization)):
            if value:
                values[name] = sent[name.title()] = value
                names.append(name)
        quoted = " ".join(f'"{name}"' for name in names)
        params = (
            f"({quoted});created={created};expires={created + 300}"
            f';nonce="{nonce or secrets.token_urlsafe(16)}";keyid="{self.key_id}";tag="rcb-gw-1"'
        )
        lines = [f'"{name}": {values[name]}' for name in names]
        base = "\n".join([*lines, f'"@signature-params": {params}'])
        signature = b64encode(self.sign(base.encode())).decode()
        sent["Signature-Input"] = f"{self.label}={params}"
        sent["Signature"] = f"{self.label}=:{signature}:"
        return sent

    def call(
        self, method: str, path: str, body: Any = None, *, query: str = "",
        content_type: str = "application/json", headers: dict[str, str] | None = None,
        **more: str,
    ) -> Any:  # fmt: skip
        """``body``: data for JSON, or bytes as they are. ``headers``: instead of right ones."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        sent = headers or self.headers(
            method, path, raw, query=query, content_type=content_type, **more
        )
        return self.send(method, path, raw, sent, query=query)

    def send(
        self, method: str, path: str, raw: bytes, headers: dict[str, str], *, query: str = ""
    ) -> Any:
        kind = headers.get("Content-Type", "")
        return self.browser.generic(
            method, path + (f"?{query}" if query else ""), raw,
            content_type=kind or "application/octet-stream",
            headers={name: value for name, value in headers.items() if name != "Content-Type"},
            REMOTE_ADDR=self.address, **({} if raw else {"CONTENT_TYPE": ""}),
        )  # fmt: skip

    def post(self, path: str, body: Any, *, key: str = "") -> Any:
        """A JSON call with an Idempotency-Key of its own, unless ``key`` names one."""
        return self.call("POST", path, body, idempotency_key=key or secrets.token_hex(8))

    def form(self, path: str, body: str) -> Any:
        kind = "application/x-www-form-urlencoded"
        return self.call("POST", path, body.encode(), content_type=kind)

    def get(self, path: str, *, query: str = "", authorization: str = "") -> Any:
        return self.call("GET", path, query=query, authorization=authorization)


def a_partner(
    client: Client,
    environment: str = SANDBOX,
    algorithm: Algorithm = Algorithm.HMAC_SHA256,
    *,
    state: KeyState = KeyState.ACTIVE,
    days: int = 90,
    addresses: tuple[str, ...] = (),
) -> Partner:
    now = timezone.now()
    key_id = f"k_{Environment(environment).tag}_{base32()}"
    secret = ""
    material: dict[str, Any] = {}
    if algorithm is Algorithm.HMAC_SHA256:
        secret = f"rcbsk_{Environment(environment).tag}_{secrets.token_hex(24)}"
        sealed = seal_secret(secret, key_id=key_id, schema_name=client.bank.schema_name)
        material = {"secret": sealed, "fingerprint": fingerprint_of(secret.encode())}
        sign = hmac_signer(secret.encode())
    else:
        sign, pem = a_key_pair(algorithm)
        material = {"public_key": pem, "fingerprint": fingerprint_of(pem.encode())}
    Key.objects.create(
        key_id=key_id, client=client, environment=environment, algorithm=algorithm, state=state,
        created_by="test", created_at=now, activated_at=now, expires_at=now + timedelta(days=days),
        addresses=list(addresses), **material,
    )  # fmt: skip
    return Partner(client, key_id, environment, algorithm, sign, secret)


def a_key_pair(algorithm: Algorithm) -> tuple[Sign, str]:
    if algorithm is Algorithm.SM2:
        gm = gm_ec.generate_private_key(gm_ec.SM2())
        pem = gm.public_key().public_bytes(
            gm_serialization.Encoding.PEM, gm_serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return signer(algorithm, gm), pem.decode()
    key: Any = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm is Algorithm.P256
        else ed25519.Ed25519PrivateKey.generate()
    )
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return signer(algorithm, key), pem.decode()


def a_ready_partner(
    bank: Any, services: tuple[str, ...] = ("identity",), environment: str = SANDBOX,
    algorithm: Algorithm = Algorithm.HMAC_SHA256, **grant: Any,
) -> Partner:  # fmt: skip
    """A client with a grant and a key; of the bank whose row is given."""
    client = a_client(bank)
    a_grant(client, services, **grant)
    return a_partner(client, environment, algorithm)
