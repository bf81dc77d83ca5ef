"""The signature profile RCB-SIG-1 over RFC 9421: what a request must sign, and how it is written.

Strict where the standard lets an application choose (section 1.4): the components and their order
are fixed, ``alg`` is forbidden (the key's record says it), there is exactly one signature, found by
its ``tag`` and not by its label.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from functools import lru_cache

from openapi_gateway import errors
from openapi_gateway.errors import GatewayRefused, NotSigned

REQUEST_TAG = "rcb-gw-1"
ANSWER_TAG = "rcb-gw-1-answer"
SKEW_SECONDS = 300
MAX_VALIDITY_SECONDS = 300
# As long as a signature can be valid on either side of our clock, and a minute.
NONCE_SECONDS = 2 * SKEW_SECONDS + 60
MAX_HEADER = 2048

# 128 bits in base64url or hexadecimal, at least.
_NONCE = re.compile(r"[A-Za-z0-9_+/=-]{22,88}")
_INPUT = re.compile(
    r'([a-z*][a-z0-9_.*-]{0,31})=(\(("[^"()]*"(?: "[^"()]*")*)\)((?:;[a-z]+=[^;,]+)*))'
)
_SIGNATURE = re.compile(r"([a-z*][a-z0-9_.*-]{0,31})=:([A-Za-z0-9+/]+={0,2}):")
_PARAMETER = re.compile(r';([a-z]+)=(?:"([\x20\x21\x23-\x5b\x5d-\x7e]*)"|([0-9]{1,15}))')
_FIRST = ("@method", "@authority", "@path", "@query")
_BODY = ("content-digest", "content-type")
_LAST = "rcb-app-id"
# May be signed after the others, in this order; must be when the header is sent.
_OPTIONAL = ("idempotency-key", "authorization")
_INTEGERS = frozenset({"created", "expires"})
_STRINGS = frozenset({"nonce", "keyid", "tag"})


@dataclass(frozen=True, slots=True)
class Shape:
    """Which of the allowed sets of components was signed."""

    has_body: bool
    has_idempotency_key: bool
    has_authorization: bool


@dataclass(frozen=True, slots=True)
class SignatureInput:
    label: str
    shape: Shape
    created: int
    expires: int
    nonce: str
    key_id: str
    # What "@signature-params" stands for, as it was sent.
    params: str
    signature: bytes
    # The header's value, which the answer's signature covers.
    signature_header: str


def _shapes() -> dict[str, Shape]:
    shapes = {}
    for has_body in (True, False):
        for has_key in (True, False):
            for has_authorization in (True, False):
                names = [*_FIRST, *(_BODY if has_body else ()), _LAST]
                chosen = zip(_OPTIONAL, (has_key, has_authorization), strict=True)
                names += [name for name, is_there in chosen if is_there]
                text = " ".join(f'"{name}"' for name in names)
                shapes[text] = Shape(has_body, has_key, has_authorization)
    return shapes


SHAPES = _shapes()


def parse(input_header: str, signature_header: str) -> SignatureInput:
    """Raises ``GatewayRefused`` for what cannot be read, ``NotSigned`` for what is not enough."""
    if not input_header or not signature_header:
        raise NotSigned(errors.SIG_MISSING)
    if len(input_header) > MAX_HEADER or len(signature_header) > MAX_HEADER:
        raise GatewayRefused(errors.SIG_MALFORMED)
    read = _INPUT.fullmatch(input_header)
    given = _SIGNATURE.fullmatch(signature_header)
    if read is None or given is None or read[1] != given[1]:
        raise GatewayRefused(errors.SIG_MALFORMED)
    shape = SHAPES.get(read[3])
    if shape is None:
        raise NotSigned(errors.SIG_COMPONENTS, required=required_components())
    created, expires, nonce, key_id = _parameters(read[4])
    return SignatureInput(
        read[1], shape, created, expires, nonce, key_id, read[2], _decoded(given[2]),
        signature_header,
    )  # fmt: skip


def _parameters(text: str) -> tuple[int, int, str, str]:
    found: dict[str, str] = {}
    end = 0
    for match in _PARAMETER.finditer(text):
        name = match[1]
        # A number is no string and the reverse; twice is an attempt to confuse.
        right = (name in _INTEGERS and match[3]) or (name in _STRINGS and match[2] is not None)
        if match.start() != end or name in found or not right:
            raise GatewayRefused(errors.SIG_MALFORMED)
        found[name] = match[3] or match[2]
        end = match.end()
    if end != len(text) or len(found) != 5 or found["tag"] != REQUEST_TAG:
        raise GatewayRefused(errors.SIG_MALFORMED)
    if not _NONCE.fullmatch(found["nonce"]):
        raise GatewayRefused(errors.SIG_MALFORMED)
    return int(found["created"]), int(found["expires"]), found["nonce"], found["keyid"]


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError) as error:
        raise GatewayRefused(errors.SIG_MALFORMED) from error


def require_current(signed: SignatureInput, now: float) -> None:
    """|now − created| ≤ 300 s, expires − created ≤ 300 s, not expired."""
    created, expires = signed.created, signed.expires
    if not (
        abs(now - created) <= SKEW_SECONDS
        and 0 < expires - created <= MAX_VALIDITY_SECONDS
        and now <= expires
    ):
        raise NotSigned(errors.SIG_EXPIRED)


def request_base(
    signed: SignatureInput,
    *,
    method: str,
    authority: str,
    path: str,
    query: str,
    content_digest: str,
    content_type: str,
    app_id: str,
    idempotency_key: str,
    authorization: str,
) -> bytes:
    """RFC 9421, section 2.5; values as they were sent, ``query`` without its question mark."""
    shape = signed.shape
    body = (
        f'"content-digest": {content_digest}\n"content-type": {content_type}\n'
        if shape.has_body
        else ""
    )
    key = f'"idempotency-key": {idempotency_key}\n' if shape.has_idempotency_key else ""
    token = f'"authorization": {authorization}\n' if shape.has_authorization else ""
    return (
        f'"@method": {method}\n"@authority": {authority}\n"@path": {path}\n"@query": ?{query}\n'
        f'{body}"rcb-app-id": {app_id}\n{key}{token}"@signature-params": {signed.params}'
    ).encode("latin-1")


@lru_cache(maxsize=1)
def required_components() -> list[str]:
    return [*_FIRST, *_BODY, _LAST]


def answer_params(label: str, created: int, key_id: str, *, has_body: bool) -> str:
    """Of the answer's signature; ``label`` is the request's, empty when it was not signed."""
    body = '"content-digest" "content-type" ' if has_body else ""
    bound = f' "signature";req;key="{label}"' if label else ""
    return (
        f'("@status" {body}"rcb-request-id" "@method";req "@path";req{bound})'
        f';created={created};keyid="{key_id}";tag="{ANSWER_TAG}"'
    )


def answer_base(
    *,
    status: int,
    content_digest: str,
    content_type: str,
    request_id: str,
    method: str,
    path: str,
    label: str,
    signature: str,
    params: str,
) -> bytes:
    """``signature``: the request's, base64 between colons, as the member of its header."""
    body = (
        f'"content-digest": {content_digest}\n"content-type": {content_type}\n'
        if content_digest
        else ""
    )
    bound = f'"signature";req;key="{label}": {signature}\n' if label else ""
    return (
        f'"@status": {status}\n{body}"rcb-request-id": {request_id}\n'
        f'"@method";req: {method}\n"@path";req: {path}\n{bound}"@signature-params": {params}'
    ).encode("latin-1")
