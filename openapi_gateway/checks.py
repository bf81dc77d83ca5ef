"""What the gateway must have in production; a local run (DEBUG or embedded) makes its own."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

# As config.checks: read at every start.
CONFIGURATION = "configuration"
RINGS = {
    "GATEWAY_SIGNING_KEYS": "gateway.E001",
    "PAIRWISE_KEYS": "gateway.E002",
    "ZONE_KEYS": "gateway.E003",
}
WITHOUT = {
    "GATEWAY_SIGNING_KEYS": "no answer of the gateway can be signed",
    "PAIRWISE_KEYS": "no openid can be made",
    "ZONE_KEYS": "no PIN block can be enciphered",
}
# Part of a key id that partners see in headers.
_RING_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


@register(CONFIGURATION)
def check_rings_are_filled(**_kwargs: Any) -> list[CheckMessage]:
    if settings.LOCAL:
        return []
    return [
        Error(
            f"{name} is empty: {WITHOUT[name]}.",
            hint=f"Set {name} to ID:BASE64 of 32 random bytes; more keys follow after commas.",
            id=check_id,
        )
        for name, check_id in RINGS.items()
        if not getattr(settings, name)
    ]


@register(CONFIGURATION)
def check_rings_share_nothing(**_kwargs: Any) -> list[CheckMessage]:
    """One leaked value must not open the others."""
    if settings.LOCAL:
        return []
    seen: dict[bytes, str] = {}
    shared: set[str] = set()
    for name in ("FIELD_KEYS", *RINGS):
        for value in getattr(settings, name).values():
            if seen.setdefault(value, name) != name:
                shared |= {seen[value], name}
    if not shared:
        return []
    return [
        Error(
            f"{', '.join(sorted(shared))} hold the same key.",
            hint="Make 32 random bytes of their own for each of them.",
            id="gateway.E004",
        )
    ]


@register(CONFIGURATION)
def check_ring_values(**_kwargs: Any) -> list[CheckMessage]:
    """An id that no header can carry, a value that is no secret."""
    bad = [
        f"{name} {key_id!r}"
        for name in RINGS
        for key_id, value in getattr(settings, name).items()
        if not _RING_ID.fullmatch(key_id) or len(set(value)) < 2
    ]
    if settings.LOCAL or not bad:
        return []
    return [
        Error(
            f"Unusable keys: {', '.join(bad)}.",
            hint="Ids are 1 to 32 letters, digits, “.”, “_” and “-”; values are random.",
            id="gateway.E005",
        )
    ]
