"""Answers that are wrong on purpose, in the sandbox: a partner that takes them for right does not
verify. (WeChat Pay probes its merchants in the same way.)

Each is wrong in one way and right in all others, so that it tells what a client leaves out.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from os import urandom

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.http import HttpResponse
from tongsuopy.crypto.asymciphers import ec as gm_ec

from openapi_gateway.choices import Algorithm
from openapi_gateway.signing.algorithms import Sign, hmac_signer, signer

STALE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Making:
    """What an answer's signature is made of."""

    created: int
    key_id: str
    sign: Sign
    algorithm: Algorithm
    # Of the request's signature, which the answer's covers; empty = bound to none.
    label: str
    signature: str


def _binding(making: Making) -> Making:
    """Rightly signed, for another request."""
    return replace(making, signature=f":{b64encode(urandom(64)).decode()}:")


def _unbound(making: Making) -> Making:
    """Rightly signed, for no request: it could have been sent at any time to anybody."""
    return replace(making, label="", signature="")


def _foreign_key(making: Making) -> Making:
    """Signed by somebody who calls himself the platform."""
    return replace(making, sign=_stranger(making.algorithm), key_id=f"{making.key_id}x")


def _stranger(algorithm: Algorithm) -> Sign:
    if algorithm is Algorithm.HMAC_SHA256:
        return hmac_signer(urandom(32))
    if algorithm is Algorithm.ED25519:
        return signer(algorithm, ed25519.Ed25519PrivateKey.generate())
    if algorithm is Algorithm.SM2:
        return signer(algorithm, gm_ec.generate_private_key(gm_ec.SM2()))
    return signer(algorithm, ec.generate_private_key(ec.SECP256R1()))


def _stale(making: Making) -> Making:
    return replace(making, created=making.created - STALE_SECONDS)


def _wrong_signature(response: HttpResponse) -> None:
    """In the last byte alone."""
    label, value = response["Signature"].split("=", 1)
    raw = b64decode(value.strip(":"))
    raw = raw[:-1] + bytes([raw[-1] ^ 1])
    response["Signature"] = f"{label}=:{b64encode(raw).decode()}:"


def _wrong_digest(response: HttpResponse) -> None:
    """The body is another one than was digested and signed."""
    response.content += b" "
    response["Content-Length"] = str(len(response.content))


def _unsigned(response: HttpResponse) -> None:
    for name in ("Signature", "Signature-Input"):
        del response[name]


_BEFORE: dict[str, Callable[[Making], Making]] = {
    "binding": _binding, "unbound": _unbound, "foreign_key": _foreign_key, "stale": _stale,
}  # fmt: skip
_AFTER: dict[str, Callable[[HttpResponse], None]] = {
    "signature": _wrong_signature, "digest": _wrong_digest, "unsigned": _unsigned,
}  # fmt: skip
WAYS = frozenset([*_BEFORE, *_AFTER])


def spoil_making(making: Making, way: str) -> Making:
    return _BEFORE[way](making) if way in _BEFORE else making


def spoil_sent(response: HttpResponse, way: str) -> None:
    if way in _AFTER:
        _AFTER[way](response)
