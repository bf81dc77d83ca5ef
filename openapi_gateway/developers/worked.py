"""The signing guide's example. Nothing of it is typed: each line is what the gateway's own code
makes of it, with a secret that serves nobody."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from openapi_gateway.signing import profile
from openapi_gateway.signing.algorithms import hmac_signer, hmac_verifier
from openapi_gateway.signing.base import Message, signature_base
from openapi_gateway.signing.digests import content_digest

SECRET = "rcbsk_sbx_" + "ThisSecretIsPrintedInTheGuideAndOpensNothing" + "00000"
METHOD, HOST = "POST", "sandbox.open.example.com"
PATH, QUERY = "/gw/v1/identity/token:introspect", ""
KIND = "application/x-www-form-urlencoded"
BODY = b"token=at_9dGh2pXcQ0"
ANSWER = b'{"active":false}'
APP_ID, KEY_ID = "app_mzxw6ytboi5dcmrt", "k_sbx_nb2hi4dthixs6ylc"
NONCE, CREATED = "y3kFqz8TgZ0v5mPpQx1u7A", 1_795_341_600
REQUEST_ID = "req_01a203f4c500e41b9d7c55f0a2"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Worked:
    digest: str
    digest_hex: str
    params: str
    base: str
    base_lines: tuple[str, ...]
    base_hex: str
    signature: str
    request: str
    answer_params: str
    answer_base: str
    answer_signature: str
    answer: str


@lru_cache(maxsize=1)
def worked() -> Worked:
    digest, sign = content_digest(BODY), hmac_signer(SECRET.encode())
    names = " ".join(f'"{name}"' for name in profile.required_components())
    params = (
        f'({names});created={CREATED};expires={CREATED + 300};nonce="{NONCE}"'
        f';keyid="{KEY_ID}";tag="{profile.REQUEST_TAG}"'
    )
    headers = {"content-digest": digest, "content-type": KIND, "rcb-app-id": APP_ID}
    base = signature_base(params, Message(headers, METHOD, HOST, PATH, QUERY))
    signature = b64encode(sign(base.encode())).decode()
    answer_params, answer_base = _answered(f":{signature}:")
    answer_signature = b64encode(sign(answer_base)).decode()
    if not hmac_verifier(SECRET.encode())(answer_base, sign(answer_base)):
        raise ValueError("The guide's example does not verify.")
    return Worked(
        digest, sha256(BODY).hexdigest(), params, base, tuple(base.split("\n")),
        sha256(base.encode()).hexdigest(), signature, _request(digest, params, signature),
        answer_params, answer_base.decode(), answer_signature,
        _answer(answer_params, answer_signature),
    )  # fmt: skip


def _answered(signature: str) -> tuple[str, bytes]:
    params = profile.answer_params("sig1", CREATED + 1, KEY_ID, has_body=True)
    base = profile.answer_base(
        status=200, content_digest=content_digest(ANSWER), content_type=JSON,
        request_id=REQUEST_ID, method=METHOD, path=PATH, label="sig1", signature=signature,
        params=params,
    )  # fmt: skip
    return params, base


def _request(digest: str, params: str, signature: str) -> str:
    return "\n".join(
        [
            f"{METHOD} {PATH} HTTP/1.1", f"Host: {HOST}", f"Content-Type: {KIND}",
            f"Content-Digest: {digest}", f"Rcb-App-Id: {APP_ID}",
            f"Signature-Input: sig1={params}", f"Signature: sig1=:{signature}:", "", BODY.decode(),
        ]
    )  # fmt: skip


def _answer(params: str, signature: str) -> str:
    return "\n".join(
        [
            "HTTP/1.1 200 OK", f"Content-Type: {JSON}", f"Content-Digest: {content_digest(ANSWER)}",
            f"Rcb-Request-Id: {REQUEST_ID}", f"Signature-Input: sig1={params}",
            f"Signature: sig1=:{signature}:", "", ANSWER.decode(),
        ]
    )  # fmt: skip
