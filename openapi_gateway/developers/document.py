"""The OpenAPI document of the gateway's calls, made from the operations themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.utils import translation

from openapi_gateway import errors
from openapi_gateway.calls import Caller, Operation
from openapi_gateway.developers.offered import Offered
from openapi_gateway.developers.wording import FIELDS, TAGS
from openapi_gateway.replying import IANA, JSON, PROBLEM

REF = "#/components/schemas/{name}"
FORM, OCTETS = "application/x-www-form-urlencoded", "application/octet-stream"
# What every call may be refused with, by who calls.
OF_ALL = (
    errors.REQ_MALFORMED, errors.REQ_SCHEMA, errors.REQ_TOO_LARGE, errors.REQ_MEDIA,
    errors.NOT_FOUND, errors.REQ_METHOD, errors.ABUSE, errors.UNAVAILABLE, errors.SERVER_ERROR,
)  # fmt: skip
OF_PERMITS = (
    errors.SCOPE_DENIED, errors.GRANT_SUSPENDED, errors.GRANT_EXPIRED, errors.GRANT_PENDING,
)  # fmt: skip
OF_SERVERS = (
    errors.SIG_MISSING, errors.SIG_MALFORMED, errors.SIG_COMPONENTS, errors.SIG_INVALID,
    errors.SIG_DIGEST, errors.SIG_EXPIRED, errors.SIG_NONCE, errors.KEY_UNKNOWN,
    errors.KEY_EXPIRED, errors.KEY_REVOKED, errors.KEY_WRONG_ENV, errors.IP_DENIED,
    errors.LEVEL_INSUFFICIENT, *OF_PERMITS, errors.QUOTA,
)  # fmt: skip
OF_IDEMPOTENT = (errors.IDEM_MISSING, errors.IDEM_IN_PROGRESS, errors.IDEM_REUSED)
SECURITY: Mapping[Caller, list[dict[str, list[str]]]] = {
    Caller.SERVER: [{"signature": []}],
    Caller.PHONE: [{"sessionToken": []}],
    Caller.ANYBODY: [{}],
}
# The statuses of answers that are not a plain 200.
STATUS = {
    "identity.step-up": 201, "liveness.create": 201, "liveness.delete": 204,
    "liveness.capture": 202, "keyboard.begin": 201, "conformance.start": 201,
    "conformance.report": 204,
}  # fmt: skip
QUERY: Mapping[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "account.usage": (
        ("month", "Month of Asia/Shanghai; the current one if left out.",
         {"type": "string", "pattern": r"^20\d\d-(0[1-9]|1[0-2])$"}),
    ),
    "liveness.capture": (
        ("step", "Which step of the challenge, from 1.",
         {"type": "integer", "minimum": 1, "maximum": 9, "default": 1}),
    ),
    "conformance.report": (
        ("answer", "What the client made of the answer.",
         {"type": "string", "enum": ["accepted", "refused"]}),
        ("read", "The request_id that the problem named.", {"type": "string", "maxLength": 100}),
    ),
}  # fmt: skip


def document(
    operations: Sequence[Operation], offered: Mapping[str, Offered], server: str
) -> dict[str, Any]:
    """In English, whoever asks: one document, which can be compared."""
    with translation.override("en"):
        shared = Shared()
        paths = _paths(operations, offered, shared)
        return {
            "openapi": "3.1.0",
            "info": _info(),
            "servers": _servers(server),
            "tags": [{"name": name, "description": str(text)} for name, text in TAGS.items()],
            "paths": paths,
            "components": {**_components(operations), "responses": shared.responses},
        }


def refusals_of(operation: Operation) -> list[str]:
    """Every code that a call of the operation may be refused with, its own last."""
    codes = [*OF_ALL]
    if operation.caller is Caller.SERVER:
        codes += OF_SERVERS
    elif operation.caller is Caller.PHONE:
        codes += OF_PERMITS
    if operation.is_idempotent:
        codes += OF_IDEMPOTENT
    return list(dict.fromkeys([*codes, *operation.refusals]))


def status_of(operation: Operation) -> int:
    return STATUS.get(operation.name, 200)


def schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    """The Structs of bodies and answers, each of their members with its help."""
    types = [
        kind
        for each in operations
        for kind in (each.body, each.answer)
        if kind is not None and kind is not bytes
    ]
    _roots, found = msgspec.json.schema_components(types, ref_template=REF)
    for name, schema in found.items():
        schema.pop("title", None)
        for member, about in schema.get("properties", {}).items():
            text = FIELDS.get(f"{name}.{member}") or FIELDS.get(member)
            if text:
                about["description"] = str(text)
    anchored: dict[str, Any] = _with_anchors(found)
    return anchored


def _with_anchors(found: Any) -> Any:
    """Patterns begin and end as ECMA-262 writes it, whose "$" lets no line end pass."""
    if isinstance(found, list):
        return [_with_anchors(each) for each in found]
    if not isinstance(found, dict):
        return found
    return {
        name: re.sub(r"\\A(.*)\\Z", r"^\1$", each)
        if name == "pattern" and isinstance(each, str)
        else _with_anchors(each)
        for name, each in found.items()
    }


# --- Pieces --------------------------------------------------------------------------------------
def _info() -> dict[str, Any]:
    return {
        "title": "Fuxiang open gateway",
        "version": "1.0.0",
        "summary": "Base services of the province for rural commercial banks",
        "description": (
            "Calls of servers are signed by RFC 9421 in the profile RCB-SIG-1; every answer is"
            " signed and bound to its request. The signing guide, the error catalogue and working"
            " clients are at /docs/ of this host."
        ),
    }


def _servers(server: str) -> list[dict[str, Any]]:
    if server:
        return [{"url": server}]
    domain = {"default": "example.com", "description": "The platform's domain"}
    return [
        {"url": "https://open.{domain}", "description": "Production",
         "variables": {"domain": domain}},
        {"url": "https://sandbox.open.{domain}", "description": "Sandbox",
         "variables": {"domain": domain}},
    ]  # fmt: skip


class Shared:
    """Refusals that many calls have in common stand once, by their status and codes."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, ...], str] = {}
        self.responses: dict[str, Any] = {}

    def ref(self, status: int, codes: Sequence[str]) -> dict[str, str]:
        name = self._names.get(tuple(codes))
        if name is None:
            earlier = sum(each.startswith(f"Refused{status}") for each in self.responses)
            name = f"Refused{status}" + (f"-{earlier + 1}" if earlier else "")
            self._names[tuple(codes)], self.responses[name] = name, _refused(codes)
        return {"$ref": f"#/components/responses/{name}"}


def _paths(
    operations: Sequence[Operation], offered: Mapping[str, Offered], shared: Shared
) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(
            operation, offered.get(operation.service), shared
        )
    return paths


def _operation(operation: Operation, offered: Offered | None, shared: Shared) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.name.partition(".")[0]],
        "summary": str(operation.summary),
        "security": SECURITY[operation.caller],
        "parameters": _parameters(operation),
        "responses": _responses(operation, shared),
        "x-caller": operation.caller.value,
        "x-only-sandbox": operation.only_sandbox,
    }
    if body := _body(operation):
        told["requestBody"] = body
    if operation.scope:
        told["x-scope"] = str(operation.scope)
    if offered is not None:
        told |= {
            "x-api-id": offered.api_id, "x-version": offered.version, "x-level": offered.level
        }  # fmt: skip
        if offered.sunset_on is not None:
            told |= {"deprecated": True, "x-sunset": offered.sunset_on.isoformat()}
    return told


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True,
         "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]  # fmt: skip
    found += [
        {"name": name, "in": "query", "description": text, "schema": schema}
        for name, text, schema in QUERY.get(operation.name, ())
    ]
    if operation.caller is Caller.SERVER:
        names = ["RcbAppId", "SignatureInput", "Signature"]
        names += ["ContentDigest"] if operation.body is not None else []
        names += ["IdempotencyKey"] if operation.is_idempotent else []
        found += [{"$ref": f"#/components/parameters/{name}"} for name in names]
    return found


def _body(operation: Operation) -> dict[str, Any] | None:
    if operation.body is None:
        return None
    if operation.body is bytes:
        content: dict[str, Any] = {OCTETS: {"schema": {"type": "string", "format": "binary"}}}
    else:
        schema = {"$ref": REF.format(name=operation.body.__name__)}
        content = {FORM if operation.form else JSON: {"schema": schema}}
    return {"required": True, "content": content, "x-max-bytes": operation.max_body}


def _responses(operation: Operation, shared: Shared) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done.", "headers": _answer_headers(operation)}
    if operation.answer is not None:
        schema = {"$ref": REF.format(name=operation.answer.__name__)}
        good["content"] = {JSON: {"schema": schema}}
    by_status: dict[int, list[str]] = {}
    for code in refusals_of(operation):
        by_status.setdefault(errors.CATALOGUE[code].status, []).append(code)
    bad = {str(status): shared.ref(status, codes) for status, codes in sorted(by_status.items())}
    return {str(status_of(operation)): good, **bad}


def _answer_headers(operation: Operation) -> dict[str, Any]:
    names = ["RcbRequestId", "SignatureInput", "Signature"]
    if operation.answer is not None:
        names.insert(1, "ContentDigest")
    header = {"RcbRequestId": "Rcb-Request-Id", "SignatureInput": "Signature-Input",
              "Signature": "Signature", "ContentDigest": "Content-Digest"}  # fmt: skip
    return {header[name]: {"$ref": f"#/components/headers/{name}"} for name in names}


def _refused(codes: Sequence[str]) -> dict[str, Any]:
    problems = [errors.CATALOGUE[code] for code in codes]
    lines = [f"* `{each.code}` {each.title}" for each in problems]
    members = {"code": {"enum": list(codes)}}
    schema = {"allOf": [{"$ref": REF.format(name="Problem")}, {"properties": members}]}
    told: dict[str, Any] = {
        "description": "\n".join(lines), "content": {PROBLEM: {"schema": schema}}
    }  # fmt: skip
    if any(each.retryable for each in problems):
        told["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return told


def _components(operations: Sequence[Operation]) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "schemas": {**dict(sorted(schemas(operations).items())), "Problem": _problem()},
        "parameters": {
            name: {"name": header, "in": "header", "required": True, "description": about,
                   "schema": schema}
            for name, (header, about, schema) in _HEADERS.items()
        },
        "headers": {
            "RcbRequestId": {"description": "Names the call to the platform.", "schema": text},
            "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
            **{
                name: {"description": _HEADERS[name][1], "schema": text}
                for name in ("ContentDigest", "SignatureInput", "Signature")
            },
        },
        "securitySchemes": {
            "signature": {
                "type": "apiKey", "in": "header", "name": "Signature",
                "description": "RFC 9421, profile RCB-SIG-1: see /docs/signing/.",
            },
            "sessionToken": {
                "type": "http", "scheme": "bearer",
                "description": "The client_token of one session, for the phone.",
            },
        },
    }  # fmt: skip


_HEADERS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "RcbAppId": ("Rcb-App-Id", "The client's id; signed.",
                 {"type": "string", "pattern": "^app_[a-z2-7]{16}$"}),
    "ContentDigest": ("Content-Digest", "RFC 9530: SHA-256 of the bytes of the body; signed.",
                      {"type": "string"}),
    "SignatureInput": ("Signature-Input", "RFC 9421: components and parameters.",
                       {"type": "string", "maxLength": 2048}),
    "Signature": ("Signature", "RFC 9421: the signature, in Base64 between colons.",
                  {"type": "string", "maxLength": 2048}),
    "IdempotencyKey": ("Idempotency-Key", "One for each order, the same for its repetitions;"
                       " signed.", {"type": "string", "minLength": 1, "maxLength": 100}),
}  # fmt: skip


def _problem() -> dict[str, Any]:
    text, truth = {"type": "string"}, {"type": "boolean"}
    pointer = {"pointer": text, "code": text, "detail": text}
    return {
        "type": "object",
        "description": "RFC 9457. More members may be there: ignore what you do not know.",
        "properties": {
            "type": {"type": "string", "format": "uri",
                     "description": f"Below /docs/problems/, or {IANA}…"},
            "title": text, "status": {"type": "integer"}, "detail": text, "instance": text,
            "code": {"type": "string", "enum": sorted(errors.CATALOGUE)},
            "request_id": text, "retryable": truth, "billable": truth,
            "errors": {"type": "array", "items": {"type": "object", "properties": pointer}},
        },
        "required": ["type", "title", "status", "detail", "instance", "code", "request_id",
                     "retryable", "billable", "errors"],
    }  # fmt: skip
