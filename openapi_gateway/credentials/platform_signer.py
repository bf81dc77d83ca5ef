"""With which of the platform's keys an answer is signed."""

from __future__ import annotations

from functools import lru_cache
from random import random

from django.conf import settings

from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.platform_ring import private_keys
from openapi_gateway.signing.algorithms import Sign, signer

SUFFIXES = {Algorithm.P256: "p256", Algorithm.ED25519: "ed25519", Algorithm.SM2: "sm2"}


def platform_signer(family: Algorithm) -> tuple[str, Sign]:
    """Key id and signer of the family; HMAC has none of the platform's."""
    return _signer(_ring_id(random()), family)  # noqa: S311  (a share, no secret)


def key_id_of(ring_id: str, family: Algorithm) -> str:
    return f"{ring_id}-{SUFFIXES[family]}"


@lru_cache(maxsize=64)
def _signer(ring_id: str, family: Algorithm) -> tuple[str, Sign]:
    return key_id_of(ring_id, family), signer(family, private_keys(ring_id)[family])


def _ring_id(_share: float) -> str:
    return next(iter(settings.GATEWAY_SIGNING_KEYS))
