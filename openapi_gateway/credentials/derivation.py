"""The platform's private keys, made from the seeds of GATEWAY_SIGNING_KEYS: one of each family."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tongsuopy.crypto.asymciphers import ec as sm_ec

from openapi_gateway.choices import Algorithm

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
# More than the order's 32, so that the remainder is spread evenly.
_SCALAR_BYTES = 48


@lru_cache(maxsize=64)
def derive_keys(seed: bytes) -> dict[Algorithm, Any]:
    return {
        Algorithm.P256: ec.derive_private_key(
            _scalar(seed, Algorithm.P256, P256_ORDER), ec.SECP256R1()
        ),
        Algorithm.ED25519: Ed25519PrivateKey.from_private_bytes(
            _expanded(seed, Algorithm.ED25519, 32)
        ),
        Algorithm.SM2: sm_ec.derive_private_key(
            _scalar(seed, Algorithm.SM2, SM2_ORDER), sm_ec.SM2()
        ),
    }


def _scalar(seed: bytes, algorithm: Algorithm, order: int) -> int:
    return int.from_bytes(_expanded(seed, algorithm, _SCALAR_BYTES)) % (order - 1) + 1


def _expanded(seed: bytes, algorithm: Algorithm, length: int) -> bytes:
    info = f"gateway signing {algorithm.value}".encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(seed)
