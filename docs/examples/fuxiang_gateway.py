"""A client of the open gateway: signs requests (RFC 9421, profile RCB-SIG-1), believes only answers
that the platform signed for them, repeats what may be repeated. Needs httpx and cryptography.

    key = of_secret("rcbsk_sbx_…")             # or: of_private_key(Path("key.pem").read_bytes())
    gateway = Client("https://sandbox.open.example.com", "app_…", "k_sbx_…", key)
    gateway.post("/gw/v1/identity/tickets:exchange", {"ticket": "…", "code_verifier": "…"})
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]
PLATFORM_KEYS, KEPT, APART, SKEW = "/gw/v1/platform-keys", 3600, 60, 300
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MEMBER = re.compile(r'sig1=(\(([^)]*)\);created=(\d+);keyid="([^"]+)";tag="rcb-gw-1-answer")')
ECDSA = ec.ECDSA(SHA256())


class WrongAnswer(Exception):
    """Not the platform's answer to this request: do not believe a word of it."""


class Refused(Exception):
    """A problem document (RFC 9457); ``code`` is what to program against."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem['code']}: {problem['detail']} ({problem['request_id']})")
        self.code, self.status, self.problem = problem["code"], problem["status"], problem


@dataclass
class Key:
    sign: Sign
    verify: Verify | None = None  # of a secret: with it the platform signs its answers too


@dataclass
class Client:
    base: str
    app_id: str
    key_id: str
    key: Key
    http: httpx.Client = field(default_factory=httpx.Client)
    attempts: int = 3
    keys: dict[str, Verify] = field(default_factory=dict)
    fetched_at: float = 0

    def get(self, path: str, *, query: str = "", token: str = "") -> Any:
        authorization = f"Bearer {token}" if token else ""
        return read(self.call("GET", path, query=query, authorization=authorization))

    def post(self, path: str, data: Any, *, idempotency_key: str = "") -> Any:
        """The key names the order: after a crash, send the same order under the same key."""
        key = idempotency_key or secrets.token_hex(16)
        return read(self.call("POST", path, body=json.dumps(data).encode(), idempotency_key=key))

    def form(self, path: str, **fields: str) -> Any:
        return read(self.call("POST", path, body=urlencode(fields).encode(), content_type=FORM))

    def call(
        self, method: str, path: str, *, query: str = "", body: bytes = b"", timeout: float = 30,
        content_type: str = JSON, idempotency_key: str = "", authorization: str = "",
    ) -> httpx.Response:  # fmt: skip
        """Each attempt has its own nonce and signature; all have the same Idempotency-Key."""
        optional = {"idempotency-key": idempotency_key, "authorization": authorization}
        about = {"content-digest": digest(body), "content-type": content_type} if body else {}
        about |= {"rcb-app-id": self.app_id} | {key: text for key, text in optional.items() if text}
        for attempt in range(1, self.attempts + 1):
            is_last = attempt == self.attempts
            try:
                answer = self._once(method, path, query, body, about, timeout)
            except httpx.TransportError:
                if is_last or not (method == "GET" or idempotency_key):
                    raise
                continue
            if is_last or not (answer.is_error and answer.json().get("retryable")):
                return answer
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        raise ValueError("There must be one attempt at least.")

    def _once(
        self, method: str, path: str, query: str, body: bytes, about: dict[str, str], timeout: float
    ) -> httpx.Response:
        host, created = urlsplit(self.base).netloc.lower(), int(time.time())
        request = {"@method": method, "@authority": host, "@path": path, "@query": f"?{query}"}
        signed = {f'"{name}"': text for name, text in (request | about).items()}
        parameters = (
            f'({" ".join(signed)});created={created};expires={created + SKEW}'
            f';nonce="{secrets.token_urlsafe(16)}";keyid="{self.key_id}";tag="rcb-gw-1"'
        )  # fmt: skip
        signature = f":{b64encode(self.key.sign(base_of(signed, parameters))).decode()}:"
        headers = {"Host": host, "Signature-Input": f"sig1={parameters}", **about}
        answer = self.http.request(
            method, self.base + path + (f"?{query}" if query else ""), content=body or None,
            headers={**headers, "Signature": f"sig1={signature}"}, timeout=timeout,
            follow_redirects=False,
        )  # fmt: skip
        self._verify(answer, method, path, signature)
        return answer

    def _verify(self, answer: httpx.Response, method: str, path: str, signature: str) -> None:
        """Everything must be signed, by a known key, just now, for this very request."""
        lines = {'"@status"': str(answer.status_code)}
        if answer.content:
            lines['"content-digest"'] = digest(answer.content)
            lines['"content-type"'] = answer.headers.get("Content-Type", "")
        lines['"rcb-request-id"'] = answer.headers.get("Rcb-Request-Id", "")
        lines |= {'"@method";req': method, '"@path";req': path}
        lines['"signature";req;key="sig1"'] = signature
        read = MEMBER.fullmatch(answer.headers.get("Signature-Input", ""))
        if read is None or read[2] != " ".join(lines):
            raise WrongAnswer("The answer is not signed, or not all of it.")
        if abs(time.time() - int(read[3])) > SKEW:
            raise WrongAnswer("The answer is an old one.")
        given = answer.headers.get("Signature", "").removeprefix("sig1=").strip(":")
        verify = self._verifier(read[4])
        if verify is None or not verify(base_of(lines, read[1]), b64decode(given)):
            raise WrongAnswer("The signature does not verify.")

    def _verifier(self, key_id: str) -> Verify | None:
        """The own secret, or a key that the platform publishes; the list is kept for an hour."""
        if key_id == self.key_id:
            return self.key.verify
        age = time.time() - self.fetched_at
        if age > KEPT or (key_id not in self.keys and age > APART):
            host = {"Host": urlsplit(self.base).netloc.lower()}
            listed = self.http.get(self.base + PLATFORM_KEYS, headers=host).raise_for_status()
            usable = [jwk for jwk in listed.json()["keys"] if jwk["state"] != "retired"]
            self.keys = {jwk["kid"]: of_jwk(jwk) for jwk in usable if jwk["crv"] != "SM2"}
            self.fetched_at = time.time()
        return self.keys.get(key_id)


def read(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise Refused(answer.json())
    return answer.json() if answer.content else None


def base_of(lines: Mapping[str, str], parameters: str) -> bytes:
    signed = {**lines, '"@signature-params"': parameters}
    return "\n".join(f"{name}: {value}" for name, value in signed.items()).encode()


def digest(body: bytes) -> str:
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


def of_secret(secret: str) -> Key:
    sign = partial(hmac.digest, secret.encode(), digest="sha256")
    return Key(sign, lambda message, given: hmac.compare_digest(sign(message), given))


def of_private_key(pem: bytes) -> Key:
    """Ed25519, or P-256 with r and s as 32 bytes each: never ASN.1."""
    key = load_pem_private_key(pem, password=None)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return Key(key.sign)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    split = utils.decode_dss_signature
    return Key(lambda message: b"".join(n.to_bytes(32) for n in split(key.sign(message, ECDSA))))


def of_jwk(jwk: Mapping[str, str]) -> Verify:
    x, y = (urlsafe_b64decode(jwk.get(name, "") + "==") for name in ("x", "y"))

    def verify(message: bytes, given: bytes) -> bool:
        try:
            if jwk["crv"] == "Ed25519":
                ed25519.Ed25519PublicKey.from_public_bytes(x).verify(given, message)
            else:
                pair = int.from_bytes(given[:32]), int.from_bytes(given[32:])
                point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + x + y)
                point.verify(utils.encode_dss_signature(*pair), message, ECDSA)
        except InvalidSignature:
            return False
        return True

    return verify
