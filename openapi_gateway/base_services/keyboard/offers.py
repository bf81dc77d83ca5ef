"""The platform's word for a session's key: signed with its P-256 key, which partners and the page
know from ``platform-keys``."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from openapi_gateway.base_services.keyboard.agreement import POINT_BYTES, point_of, to_text
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.platform_ring import private_keys
from openapi_gateway.signing.algorithms import signer

_COORDINATE = POINT_BYTES // 2


def sign_offer(text: bytes) -> tuple[str, bytes]:
    """The signing key's id, and r‖s."""
    ring_id = next(iter(settings.GATEWAY_SIGNING_KEYS))
    return _key_id(ring_id), signer(Algorithm.P256, private_keys(ring_id)[Algorithm.P256])(text)


def known_keys() -> list[dict[str, str]]:
    """For the page: the public keys under which an offer may stand, as JSON Web Keys."""
    return [_public_key(ring_id) for ring_id in settings.GATEWAY_SIGNING_KEYS]


@lru_cache(maxsize=64)
def _public_key(ring_id: str) -> dict[str, str]:
    key: ec.EllipticCurvePrivateKey = private_keys(ring_id)[Algorithm.P256]
    point = point_of(key.public_key())
    return {
        "kid": _key_id(ring_id), "kty": "EC", "crv": "P-256",
        "x": to_text(point[1 : 1 + _COORDINATE]), "y": to_text(point[1 + _COORDINATE :]),
    }  # fmt: skip


def _key_id(ring_id: str) -> str:
    return f"{ring_id}-p256"
