"""With which of the platform's keys an answer is signed."""

from __future__ import annotations

from functools import lru_cache
from random import random

from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.platform_ring import SUFFIXES, chosen_ring_id, private_keys
from openapi_gateway.signing.algorithms import Sign, signer

__all__ = ["SUFFIXES", "key_id_of", "platform_signer"]


def platform_signer(family: Algorithm) -> tuple[str, Sign]:
    """Key id and signer of the family; HMAC has none of the platform's."""
    return _signer(chosen_ring_id(random()), family)  # noqa: S311  (a share, no secret)


def key_id_of(ring_id: str, family: Algorithm) -> str:
    return f"{ring_id}-{SUFFIXES[family]}"


@lru_cache(maxsize=64)
def _signer(ring_id: str, family: Algorithm) -> tuple[str, Sign]:
    return key_id_of(ring_id, family), signer(family, private_keys(ring_id)[family])
