"""The four algorithms of the signature profile, behind one small interface.

Signatures are as RFC 9421 has them: ECDSA and SM2 raw ``r‖s`` of 64 bytes, left-padded; never
ASN.1. SM2 (GB/T 32918, SM3, ID 1234567812345678) comes from Tongsuo, all else from
``cryptography``; an HSM would be one more provider.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tongsuopy.crypto import hashes as gm_hashes
from tongsuopy.crypto import serialization as gm_serialization
from tongsuopy.crypto.asymciphers import ec as gm_ec

from openapi_gateway.choices import Algorithm

Verify = Callable[[bytes, bytes], bool]
Sign = Callable[[bytes], bytes]
RAW_BYTES = 64
_P256 = ec.ECDSA(hashes.SHA256())
_SM2 = gm_ec.ECDSA(gm_hashes.SM3())
# Of SubjectPublicKeyInfo: ecPublicKey with the curve sm2p256v1 (GM/T 0006).
SM2_POINT_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")


class UnusableKey(ValueError):
    """Not a public key of the profile."""


class _Verifying(Protocol):
    def verify(self, signature: bytes, data: bytes, *algorithm: Any) -> None: ...


def load_public_key(pem: str) -> tuple[Algorithm, Any]:
    """The profile's algorithm follows from the key itself. Raises ``UnusableKey``."""
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm:
        return Algorithm.SM2, _load_sm2(pem)
    except ValueError as error:
        raise UnusableKey("This is no public key in PEM.") from error
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return Algorithm.P256, key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return Algorithm.ED25519, key
    raise UnusableKey("Only P-256, Ed25519 and SM2 keys are used here.")


def _load_sm2(pem: str) -> Any:
    try:
        key = gm_serialization.load_pem_public_key(pem.encode())
    except Exception as error:
        raise UnusableKey("Only P-256, Ed25519 and SM2 keys are used here.") from error
    if getattr(getattr(key, "curve", None), "name", "") != "SM2":
        raise UnusableKey("Only P-256, Ed25519 and SM2 keys are used here.")
    return key


def hmac_verifier(secret: bytes) -> Verify:
    def verify(message: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(secret, message, "sha256"), signature)

    return verify


def hmac_signer(secret: bytes) -> Sign:
    return lambda message: hmac.digest(secret, message, "sha256")


def verifier(algorithm: Algorithm, key: Any) -> Verify:
    """For a public key that ``load_public_key`` gave."""
    if algorithm is Algorithm.P256:
        return _raw_verifier(key, _P256)
    if algorithm is Algorithm.SM2:
        return _raw_verifier(key, _SM2)
    if algorithm is Algorithm.ED25519:
        return _ed25519_verifier(key)
    raise ValueError(f"{algorithm} has no public key.")


def signer(algorithm: Algorithm, key: Any) -> Sign:
    """For a private key of ``cryptography``, or of Tongsuo for SM2."""
    if algorithm is Algorithm.ED25519:
        sign: Sign = key.sign
        return sign
    scheme: Any = {Algorithm.P256: _P256, Algorithm.SM2: _SM2}[algorithm]

    def sign_raw(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, scheme))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign_raw


def _raw_verifier(key: _Verifying, scheme: Any) -> Verify:
    def verify(message: bytes, signature: bytes) -> bool:
        if len(signature) != RAW_BYTES:
            return False
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        if not (r and s):
            return False
        try:
            key.verify(encode_dss_signature(r, s), message, scheme)
        except Exception:  # noqa: BLE001  (each provider has its own; none means "verified")
            return False
        return True

    return verify


def _ed25519_verifier(key: ed25519.Ed25519PublicKey) -> Verify:
    def verify(message: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify
