"""Drives the gateway's conformance suite with a small client of its own.

    python conformance_run.py --base https://sandbox.open.example.com --app-id app_… \
        --key-id k_sbx_… --secret-file secret.txt          # or: --key-file key.pem
        [--run run_…]                                      # one that the console has started

Needs httpx and cryptography, nothing else. Exit 0: every case is passed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import load_pem_private_key

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]
RUNS = "/gw/v1/conformance/runs"
ANSWER_SECONDS = 300
MEMBER = re.compile(r"=\((?P<names>[^)]*)\)(?P<parameters>;.*)$")


def reachable(base: str) -> str:
    """Names below localhost are this machine (RFC 6761), also where no resolver says so."""
    parts = urlsplit(base)
    if not (parts.hostname or "").endswith(".localhost"):
        return base
    return f"{parts.scheme}://127.0.0.1:{parts.port or 80}"


class WrongAnswer(Exception):
    """The answer is not the platform's answer to this request: do not believe a word of it."""


@dataclass
class Sent:
    method: str
    path: str
    # Of the Signature header: what the answer must be bound to.
    signature: str


@dataclass
class Client:
    """Signs what it sends, verifies what it gets, repeats what may be repeated."""

    base: str
    app_id: str
    key_id: str
    sign: Sign
    # Of answers, by key id: the own secret, or the platform's public keys.
    keys: dict[str, Verify]
    http: httpx.Client
    sleep: Callable[[float], None] = time.sleep
    attempts: int = 3
    now: Callable[[], float] = time.time
    sent: list[Sent] = field(default_factory=list)

    @property
    def authority(self) -> str:
        return urlsplit(self.base).netloc.lower()

    # --- Sending ---------------------------------------------------------------------------------
    def call(
        self, method: str, path: str, *, query: str = "", body: bytes = b"",
        idempotency_key: str = "", timeout: float = 30,
    ) -> httpx.Response:  # fmt: skip
        """Each attempt is signed anew; what changes something goes under one Idempotency-Key."""
        for attempt in range(1, self.attempts + 1):
            try:
                answer = self.once(method, path, query, body, idempotency_key, timeout)
            except httpx.TimeoutException:
                if attempt == self.attempts or not (method == "GET" or idempotency_key):
                    raise
                continue
            if not self.is_worth_repeating(answer, attempt):
                return answer
            self.sleep(self.seconds_to_wait(answer))
        return answer

    def is_worth_repeating(self, answer: httpx.Response, attempt: int) -> bool:
        if attempt == self.attempts or answer.status_code not in (409, 429, 503):
            return False
        return bool(answer.json().get("retryable"))

    def seconds_to_wait(self, answer: httpx.Response) -> float:
        return float(answer.headers.get("Retry-After", "1"))

    def once(
        self, method: str, path: str, query: str, body: bytes, idempotency_key: str, timeout: float
    ) -> httpx.Response:
        headers = self.headers(method, path, query, body, idempotency_key)
        sent = Sent(method, path, headers["Signature"].partition("=")[2])
        self.sent.append(sent)
        answer = self.http.request(
            method, f"{reachable(self.base)}{path}" + (f"?{query}" if query else ""),
            content=body or None, headers={**headers, "Host": self.authority}, timeout=timeout,
            follow_redirects=False,
        )  # fmt: skip
        self.verify(answer, sent)
        return answer

    def headers(
        self, method: str, path: str, query: str, body: bytes, idempotency_key: str
    ) -> dict[str, str]:
        signed = {
            "@method": method, "@authority": self.authority, "@path": path, "@query": f"?{query}"
        }  # fmt: skip
        if body:
            signed |= {"content-digest": self.digest(body), "content-type": "application/json"}
        signed["rcb-app-id"] = self.app_id
        if idempotency_key:
            signed["idempotency-key"] = idempotency_key
        created, expires = self.times()
        names = " ".join(f'"{name}"' for name in signed)
        parameters = (
            f'({names});created={created};expires={expires};nonce="{self.nonce()}"'
            f';keyid="{self.key_id}";tag="rcb-gw-1"'
        )
        lines = [f'"{name}": {value}' for name, value in signed.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = base64.b64encode(self.sign(base.encode())).decode()
        sent = {name: value for name, value in signed.items() if not name.startswith("@")}
        return {**sent, "Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{signature}:"}

    def digest(self, body: bytes) -> str:
        return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"

    def nonce(self) -> str:
        return secrets.token_urlsafe(16)

    def times(self) -> tuple[int, int]:
        created = int(self.now())
        return created, created + 300

    def encode(self, data: Any) -> bytes:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()

    def query(self, pairs: list[list[str]]) -> str:
        return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)

    # --- Verifying -------------------------------------------------------------------------------
    def verify(self, answer: httpx.Response, sent: Sent) -> None:
        """Raises ``WrongAnswer`` unless the platform signed this answer to this request, now."""
        values = self.answer_values(answer, sent)
        given = answer.headers.get("Signature-Input", "")
        read = MEMBER.search(given)
        if read is None or not answer.headers.get("Signature"):
            raise WrongAnswer("The answer is not signed.")
        names = read["names"].split(" ")
        self.require_names(names, values)
        parameters = dict(part.split("=", 1) for part in read["parameters"][1:].split(";"))
        self.require_present(int(parameters.get("created", "0")))
        try:
            lines = [f"{name}: {values[name]}" for name in names]
        except KeyError as unknown:
            raise WrongAnswer(f"{unknown} is signed, but not there.") from unknown
        base = "\n".join([*lines, f'"@signature-params": {given.partition("=")[2]}'])
        signature = base64.b64decode(answer.headers["Signature"].partition("=")[2].strip(":"))
        self.require_signature(parameters.get("keyid", "").strip('"'), base.encode(), signature)
        self.require_digest(answer)

    def answer_values(self, answer: httpx.Response, sent: Sent) -> dict[str, str]:
        values = {'"@status"': str(answer.status_code)}
        if answer.content:
            values['"content-digest"'] = answer.headers.get("Content-Digest", "")
            values['"content-type"'] = answer.headers.get("Content-Type", "")
        return values | {
            '"rcb-request-id"': answer.headers.get("Rcb-Request-Id", ""),
            '"@method";req': sent.method, '"@path";req': sent.path,
            '"signature";req;key="sig1"': sent.signature,
        }  # fmt: skip

    def require_names(self, names: list[str], values: Mapping[str, str]) -> None:
        """Everything is signed, the request's own signature included."""
        if missing := set(values) - set(names):
            raise WrongAnswer(f"Not signed: {', '.join(sorted(missing))}.")

    def require_present(self, created: int) -> None:
        if abs(self.now() - created) > ANSWER_SECONDS:
            raise WrongAnswer("The answer is an old one.")

    def require_signature(self, key_id: str, base: bytes, signature: bytes) -> None:
        verify = self.keys.get(key_id)
        if verify is None:
            raise WrongAnswer(f"{key_id} is no key of the platform.")
        if not verify(base, signature):
            raise WrongAnswer("The signature does not verify.")

    def require_digest(self, answer: httpx.Response) -> None:
        if answer.content and answer.headers.get("Content-Digest") != self.digest(answer.content):
            raise WrongAnswer("The body is not the one that was signed.")


class Driver:
    """Carries out the tasks of one run."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.place = ""

    def run(self, run_id: str = "") -> dict[str, Any]:
        """The closed run, with its verdicts."""
        if run_id:
            told = self.client.call("GET", f"{RUNS}/{run_id}").json()
        else:
            told = self.client.call("POST", RUNS).json()
        if "tasks" not in told:
            raise ValueError(f"{told.get('code')}: {told.get('detail')}")
        self.place = f"{RUNS}/{told['run_id']}"
        for task in told["tasks"]:
            self.attempt(task)
        closed: dict[str, Any] = self.client.call("POST", f"{self.place}:finish").json()
        return closed

    def attempt(self, task: Mapping[str, Any]) -> None:
        """A case that cannot be carried out is not passed; the others go on."""
        name = task["case"]
        carry_out = self.answer if name.startswith("answer-") else getattr(self, name, None)
        if carry_out is None:
            sys.stderr.write(f"{name}: this driver does not know the case\n")
            return
        try:
            carry_out(task)
        except (WrongAnswer, httpx.HTTPError, ValueError, KeyError) as error:
            sys.stderr.write(f"{name}: {error}\n")

    def get(self, task: Mapping[str, Any]) -> None:
        self.client.call("GET", task["path"])

    get_plain = clock = retry_429 = no_retry_422 = redirect = revoked_key = get

    def nonces(self, task: Mapping[str, Any]) -> None:
        for _number in range(task["given"]["calls"]):
            self.get(task)

    def query(self, task: Mapping[str, Any]) -> None:
        query = self.client.query(task["given"]["pairs"])
        self.client.call("GET", task["path"], query=query)

    def post(self, task: Mapping[str, Any]) -> None:
        self.client.call("POST", task["path"], body=self.client.encode(task["given"]["json"]))

    post_body = unicode = post

    def exact_bytes(self, task: Mapping[str, Any]) -> None:
        given = self.client.call("GET", task["given"]["payload"]).json()
        self.client.call("POST", task["path"], body=self.raw(given["payload"]))

    def raw(self, payload: str) -> bytes:
        return base64.b64decode(payload)

    def idempotency_key(self, task: Mapping[str, Any]) -> None:
        for order in task["given"]["orders"]:
            self.order(task, order)

    def retry_503(self, task: Mapping[str, Any]) -> None:
        self.order(task, task["given"]["json"])

    def slow_answer(self, task: Mapping[str, Any]) -> None:
        self.order(task, task["given"]["json"], timeout=task["given"]["give_up_after"])

    def order(self, task: Mapping[str, Any], order: Any, timeout: float = 30) -> None:
        self.client.call(
            "POST", task["path"], body=self.client.encode(order), timeout=timeout,
            idempotency_key=self.new_key(),
        )  # fmt: skip

    def new_key(self) -> str:
        return secrets.token_hex(16)

    def problem(self, task: Mapping[str, Any]) -> None:
        problem = self.client.call("GET", task["path"]).json()
        self.client.call("POST", f"{task['path']}:report", query=f"read={problem['request_id']}")

    def answer(self, task: Mapping[str, Any]) -> None:
        try:
            self.get(task)
            word = "accepted"
        except WrongAnswer:
            word = "refused"
        self.client.call("POST", f"{task['path']}:report", query=f"answer={word}")


# --- Keys ----------------------------------------------------------------------------------------
def of_secret(secret: str) -> tuple[Sign, Verify]:
    def sign(message: bytes) -> bytes:
        return hmac.digest(secret.encode(), message, "sha256")

    return sign, lambda message, given: hmac.compare_digest(sign(message), given)


def of_private_key(pem: bytes) -> Sign:
    """Ed25519, or P-256 with r and s as 32 bytes each."""
    key = load_pem_private_key(pem, password=None)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("Only P-256 and Ed25519 keys are known here.")
    pair = key

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(pair.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def of_jwk(jwk: Mapping[str, Any]) -> Verify | None:
    """None for a family that is not known here (SM2)."""
    x, y = (_bytes(jwk.get(name, "")) for name in ("x", "y"))
    check: Callable[[bytes, bytes], Any]
    if jwk["crv"] == "P-256":
        numbers = ec.EllipticCurvePublicNumbers(_number(x), _number(y), ec.SECP256R1())
        point = numbers.public_key()

        def check(given: bytes, message: bytes) -> None:
            if len(given) != 64:
                raise InvalidSignature
            pair = encode_dss_signature(_number(given[:32]), _number(given[32:]))
            point.verify(pair, message, ec.ECDSA(hashes.SHA256()))

    elif jwk["crv"] == "Ed25519":
        check = ed25519.Ed25519PublicKey.from_public_bytes(x).verify
    else:
        return None

    def verify(message: bytes, given: bytes) -> bool:
        try:
            check(given, message)
        except InvalidSignature:
            return False
        return True

    return verify


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def platform_keys(base: str, http: httpx.Client) -> dict[str, Verify]:
    """Published for everybody; fetched over TLS."""
    address, host = f"{reachable(base)}/gw/v1/platform-keys", urlsplit(base).netloc
    found = http.get(address, headers={"Host": host}).raise_for_status().json()["keys"]
    known = {jwk["kid"]: of_jwk(jwk) for jwk in found}
    return {kid: verify for kid, verify in known.items() if verify is not None}


def main() -> int:
    parser = argparse.ArgumentParser(description="Drives the gateway's conformance suite.")
    for name in ("base", "app-id", "key-id"):
        parser.add_argument(f"--{name}", required=True)
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--secret-file", type=Path)
    key.add_argument("--key-file", type=Path)
    parser.add_argument("--run", default="", help="a run that the console has started")
    asked = parser.parse_args()
    with httpx.Client() as http:
        # Also for clients with a secret: what is refused before the key is known is signed by the
        # platform.
        keys = platform_keys(asked.base, http)
        if asked.secret_file:
            sign, keys[asked.key_id] = of_secret(asked.secret_file.read_text().strip())
        else:
            sign = of_private_key(asked.key_file.read_bytes())
        client = Client(asked.base.rstrip("/"), asked.app_id, asked.key_id, sign, keys, http)
        closed = Driver(client).run(asked.run)
    for each in closed["verdicts"]:
        sys.stdout.write(f"{each['verdict']:8} {each['case']:20} {each['reason']}\n")
    sys.stdout.write(f"{closed['state']}\n")
    return 0 if closed["state"] == "passed" else 1


if __name__ == "__main__":
    raise SystemExit(main())
