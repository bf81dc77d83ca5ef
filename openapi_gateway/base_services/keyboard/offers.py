"""The platform's word for a session's key: signed with its P-256 key, which partners and the page
know from ``platform-keys``."""

from __future__ import annotations

from typing import Any

from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.platform_ring import RingState, jwk, published_keys
from openapi_gateway.credentials.platform_signer import platform_signer

_MEMBERS = ("kid", "kty", "crv", "x", "y")


def sign_offer(text: bytes) -> tuple[str, bytes]:
    """The signing key's id, and r‖s."""
    key_id, sign = platform_signer(Algorithm.P256)
    return key_id, sign(text)


def known_keys() -> list[dict[str, Any]]:
    """For the page: the public keys under which an offer may stand, as JSON Web Keys."""
    found = [
        jwk(each)
        for each in published_keys()
        if each.algorithm is Algorithm.P256 and each.state is not RingState.RETIRED
    ]
    return [{member: key[member] for member in _MEMBERS} for key in found]
