"""How an answer leaves: encoded, digested, signed, bound to its request."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.utils import translation

from audit.errors import DomainError
from openapi_gateway import errors
from openapi_gateway.calls import Reply
from openapi_gateway.choices import Algorithm, Environment
from openapi_gateway.credentials.platform_signer import platform_signer
from openapi_gateway.credentials.records import KeyRecord
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.signing import profile
from openapi_gateway.signing.algorithms import Sign
from openapi_gateway.signing.digests import content_digest
from openapi_gateway.signing.profile import SignatureInput
from openapi_gateway.spoiling import Making, spoil_making, spoil_sent

JSON, PROBLEM = "application/json", "application/problem+json"
IANA = "https://iana.org/assignments/http-problem-types#"
_REGISTERED = {"quota-exceeded", "temporary-reduced-capacity", "abnormal-usage-detected"}
_PORT = f":{settings.PORT}" if settings.LOCAL else ""
PROBLEMS = (
    f"{'https' if settings.HTTPS else 'http'}://open.{settings.BASE_DOMAIN}{_PORT}/docs/problems/"
)
SAFETY = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
if settings.SECURE_HSTS_SECONDS:
    SAFETY["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
ACCEPT_SIGNATURE = (
    'sig1=("@method" "@authority" "@path" "@query" "content-digest" "content-type" "rcb-app-id")'
    f';created;expires;nonce;keyid;tag="{profile.REQUEST_TAG}"'
)
_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(slots=True)
class Outgoing:
    status: int
    body: bytes
    content_type: str
    outcome: str
    billable: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    spoil: str = ""


def outgoing(reply: Reply) -> Outgoing:
    body = reply.body
    if body is None:
        encoded = b""
    elif isinstance(body, bytes | msgspec.Raw):
        encoded = bytes(body)
    else:
        encoded = _encode(body)
    return Outgoing(
        reply.status, encoded, JSON if encoded else "", reply.outcome, reply.billable,
        reply.headers, reply.spoil,
    )  # fmt: skip


def refused(refusal: GatewayRefused, request_id: str, language: str) -> Outgoing:
    problem = refusal.problem
    with translation.override(language):
        document: dict[str, Any] = {
            "type": type_of(problem),
            "title": str(problem.title),
            "status": problem.status,
            "detail": str(refusal.message),
            "instance": f"/requests/{request_id}",
            "code": problem.code,
            "request_id": request_id,
            "retryable": problem.retryable,
            "billable": refusal.billable,
            "errors": list(refusal.errors),
            **refusal.facts,
        }
        body = _encode(document)
    headers = dict(refusal.headers)
    if problem.status == 401:
        headers["Accept-Signature"] = ACCEPT_SIGNATURE
    if problem.status == 503:
        headers.setdefault("Retry-After", "5")
    return Outgoing(problem.status, body, PROBLEM, problem.code, refusal.billable, headers)


def type_of(problem: errors.Problem) -> str:
    """What is registered with IANA goes by that name."""
    return (IANA if problem.slug in _REGISTERED else PROBLEMS) + problem.slug


def as_refusal(error: DomainError) -> GatewayRefused:
    """Another room's refusal: its sentence, under the code that partners know."""
    return GatewayRefused(errors.CONFLICT, error.message)


def signed(
    out: Outgoing,
    *,
    request_id: str,
    method: str,
    path: str,
    request: SignatureInput | None,
    key: KeyRecord | None,
) -> HttpResponse:
    key_id, sign = _signer(key)
    made = Making(
        int(time.time()), key_id, sign, key.algorithm if key else Algorithm.P256,
        request.label if request else "",
        request.signature_header.partition("=")[2] if request else "",
    )  # fmt: skip
    # In production nothing is ever wrong on purpose, whoever asks for it.
    way = out.spoil if key is not None and key.environment == Environment.SANDBOX else ""
    if way:
        made = spoil_making(made, way)
    response = _response(out, _headers(out, made, request_id, method, path))
    if way:
        spoil_sent(response, way)
    return response


def _headers(
    out: Outgoing, made: Making, request_id: str, method: str, path: str
) -> dict[str, str]:
    digest = content_digest(out.body) if out.body else ""
    params = profile.answer_params(made.label, made.created, made.key_id, has_body=bool(out.body))
    base = profile.answer_base(
        status=out.status, content_digest=digest, content_type=out.content_type,
        request_id=request_id, method=method, path=path, label=made.label,
        signature=made.signature, params=params,
    )  # fmt: skip
    signature = b64encode(made.sign(base)).decode()
    headers = {
        **SAFETY, **out.headers, "Rcb-Request-Id": request_id,
        "Signature-Input": f"{made.label or 'sig1'}={params}",
        "Signature": f"{made.label or 'sig1'}=:{signature}:",
    }  # fmt: skip
    if digest:
        headers["Content-Digest"] = digest
    return headers


def _response(out: Outgoing, headers: dict[str, str]) -> HttpResponse:
    response = HttpResponse(
        out.body, status=out.status, content_type=out.content_type or None, headers=headers
    )
    # Refusals have a log of their own; Django's would write a warning for each.
    response._has_been_logged = True  # type: ignore[attr-defined]
    if not out.body:
        del response.headers["Content-Type"]
    return response


def _signer(key: KeyRecord | None) -> tuple[str, Sign]:
    """The client's own secret, else the platform's key of the same family."""
    if key is None:
        return platform_signer(Algorithm.P256)
    if key.sign is not None:
        return key.key_id, key.sign
    return platform_signer(key.algorithm)
