"""A bank's own server and its customers' phones as the gateway meets them: outside, over HTTP.

Answers are verified by the reference client of the documentation; one that is not the platform's
answer to this very request raises. Every call is counted, so that the bill can be compared.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import secrets
import sys
import threading
import time
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tongsuopy.crypto import serialization as gm_serialization
from tongsuopy.crypto.asymciphers import ec as gm_ec

from demo.stage import check
from openapi_gateway.choices import Algorithm
from openapi_gateway.signing.algorithms import Sign, load_public_key, signer, verifier

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "conformance_run.py"
KEYS_PATH = "/gw/v1/platform-keys"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# Whose calls these are is not proven, so they are nobody's in the usage.
NOBODYS = {"GW.KEY.UNKNOWN", "GW.KEY.REVOKED", "GW.KEY.WRONG_ENV"}
SECONDS = 30


@cache
def example() -> ModuleType:
    """The reference driver of the conformance suite, as a partner downloads it."""
    spec = importlib.util.spec_from_file_location("conformance_run", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["conformance_run"] = module
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class KeyPair:
    algorithm: Algorithm
    private: Any
    pem: str

    @property
    def sign(self) -> Sign:
        return signer(self.algorithm, self.private)

    def proof(self, message: str) -> str:
        """As OpenSSL prints it: base64 of the signature."""
        return b64encode(self.sign(message.encode())).decode()


def new_pair(algorithm: Algorithm) -> KeyPair:
    if algorithm is Algorithm.SM2:
        private = gm_ec.generate_private_key(gm_ec.SM2())
        pem = private.public_key().public_bytes(
            gm_serialization.Encoding.PEM, gm_serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return KeyPair(algorithm, private, pem.decode())
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(algorithm, key, pem.decode())


@dataclass(frozen=True)
class Signed:
    """A call ready to be sent; sent twice, it is a replay."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


@dataclass
class Partner:
    """Of one environment. ``address``: what the proxy in front says it saw."""

    host: str
    port: int
    app_id: str
    key_id: str = ""
    sign: Sign = bytes
    address: str = "203.0.113.20"
    # Calls of this client that the platform must have counted.
    calls: int = 0
    keys: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            headers={"X-Forwarded-For": self.address}, timeout=SECONDS,
            event_hooks={"request": [self._sending], "response": [self._got]},
        )  # fmt: skip

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"

    def use(self, key_id: str, pair: KeyPair) -> None:
        self.key_id, self.sign = key_id, pair.sign
        # The key that it replaces is accepted for a while: so are the answers to it.
        self.keys = {**self.keys, **self.platform_keys()}

    def use_secret(self, key_id: str, secret: str) -> None:
        self.key_id = key_id
        self.sign, verify = example().of_secret(secret)
        # What is refused before the key is known is signed by the platform.
        self.keys = {**self.platform_keys(), key_id: verify}

    def platform_keys(self) -> dict[str, Any]:
        """Of all three families, SM2 included."""
        headers = {"Host": f"{self.host}:{self.port}"}
        address = f"http://127.0.0.1:{self.port}{KEYS_PATH}"
        found = self.http.get(address, headers=headers).raise_for_status().json()["keys"]
        return {each["kid"]: _verify_of(each) for each in found}

    # --- calls ------------------------------------------------------------------------------------
    def client(self, kind: Any = None) -> Any:
        """The reference client with this partner's key."""
        return (kind or example().Client)(
            self.base, self.app_id, self.key_id, self.sign, self.keys, self.http
        )

    def call(self, method: str, path: str, body: Any = None, **more: str) -> httpx.Response:
        return self.send(self.signed(method, path, body, **more))

    def signed(
        self, method: str, path: str, body: Any = None, *, form: str = "", bearer: str = "",
        idempotency_key: str = "",
    ) -> Signed:  # fmt: skip
        raw = form.encode() if form else b"" if body is None else json.dumps(body).encode()
        values = {
            "@method": method, "@authority": f"{self.host}:{self.port}", "@path": path,
            "@query": "?",
        }  # fmt: skip
        if raw:
            digest = b64encode(hashlib.sha256(raw).digest()).decode()
            values["content-digest"] = f"sha-256=:{digest}:"
            values["content-type"] = FORM if form else JSON
        values["rcb-app-id"] = self.app_id
        if idempotency_key:
            values["idempotency-key"] = idempotency_key
        if bearer:
            values["authorization"] = f"Bearer {bearer}"
        return Signed(method, path, raw, self._headers(values))

    def _headers(self, values: dict[str, str]) -> dict[str, str]:
        created = int(time.time())
        names = " ".join(f'"{name}"' for name in values)
        parameters = (
            f"({names});created={created};expires={created + 300}"
            f';nonce="{secrets.token_urlsafe(16)}";keyid="{self.key_id}";tag="rcb-gw-1"'
        )
        lines = [f'"{name}": {value}' for name, value in values.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = b64encode(self.sign(base.encode())).decode()
        sent = {name: value for name, value in values.items() if not name.startswith("@")}
        return {
            **sent, "Host": values["@authority"], "Signature-Input": f"sig1={parameters}",
            "Signature": f"sig1=:{signature}:",
        }  # fmt: skip

    def send(self, call: Signed) -> httpx.Response:
        answer = self.http.request(
            call.method, f"http://127.0.0.1:{self.port}{call.path}", headers=call.headers,
            content=call.body or None,
        )  # fmt: skip
        signature = call.headers["Signature"].partition("=")[2]
        self.client().verify(answer, example().Sent(call.method, call.path, signature))
        return answer

    def of_phone(
        self, method: str, path: str, token: str, body: bytes = b"", kind: str = ""
    ) -> httpx.Response:
        """A phone has no key, only the token of its session."""
        headers = {"Host": f"{self.host}:{self.port}", "Authorization": f"Bearer {token}"}
        if body:
            headers["X-Content-SHA256"] = hashlib.sha256(body).hexdigest()
            headers["Content-Type"] = kind
        address = f"http://127.0.0.1:{self.port}{path}"
        return self.http.request(method, address, headers=headers, content=body or None)

    # --- counting ---------------------------------------------------------------------------------
    def _sending(self, request: httpx.Request) -> None:
        with self._lock:
            self.calls += request.url.path != KEYS_PATH

    def _got(self, answer: httpx.Response) -> None:
        # The suite plays such refusals to callers whom it knows.
        is_played = answer.request.url.path.startswith(example().RUNS)
        if answer.status_code in (401, 403) and not is_played:
            answer.read()
            with self._lock:
                self.calls -= answer.json().get("code") in NOBODYS


def _verify_of(jwk: dict[str, Any]) -> Any:
    if jwk["crv"] == "SM2":
        algorithm, key = load_public_key(jwk["pem"])
        return verifier(algorithm, key)
    return example().of_jwk(jwk)


def told(answer: httpx.Response, status: int, code: str = "") -> Any:
    """The answer's document; the tour ends when it is another answer."""
    found = f"{answer.request.method} {answer.request.url.path} answers {answer.status_code}"
    check(answer.status_code == status, f"{found}: {answer.text[:300]}")
    document = answer.json() if answer.content else {}
    check(not code or document.get("code") == code, f"{found} {document.get('code')}, not {code}")
    return document


def key() -> str:
    """An Idempotency-Key."""
    return secrets.token_hex(8)
