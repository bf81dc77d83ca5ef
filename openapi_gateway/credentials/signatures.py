"""Verifying what a key pair signed outside of calls: certificate requests, proofs of possession.

Calls are stricter: there a signature of a curve has one form only.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from openapi_gateway.choices import Algorithm
from openapi_gateway.signing.algorithms import verifier

_TOO_LARGE = 2**256


def verifies(algorithm: Algorithm, key: Any, message: bytes, signature: bytes) -> bool:
    """Of elliptic curves, both r‖s and the DER that openssl writes are understood."""
    verify = verifier(algorithm, key)
    return any(verify(message, each) for each in _readings(algorithm, signature))


def _readings(algorithm: Algorithm, signature: bytes) -> list[bytes]:
    if algorithm is Algorithm.ED25519:
        return [signature]
    try:
        numbers = decode_dss_signature(signature)
    except ValueError:
        return [signature]
    if not all(0 < number < _TOO_LARGE for number in numbers):
        return []
    return [signature, b"".join(number.to_bytes(32) for number in numbers)]
