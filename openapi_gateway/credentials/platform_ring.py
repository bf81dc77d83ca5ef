"""Which of the platform's keys sign its answers, and what partners are shown of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from openapi_gateway.credentials.choices import Algorithm
from openapi_gateway.credentials.derivation import derive_keys


def private_keys(ring_id: str) -> dict[Algorithm, Any]:
    """One private key per asymmetric family. Raises ``LookupError`` for an id that the ring does
    not hold (any more)."""
    if ring_id not in settings.GATEWAY_SIGNING_KEYS:
        raise LookupError(f"GATEWAY_SIGNING_KEYS holds no key {ring_id!r}.")
    return derive_keys(settings.GATEWAY_SIGNING_KEYS[ring_id])
