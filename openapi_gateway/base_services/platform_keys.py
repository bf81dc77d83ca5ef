"""The public keys with which partners verify our answers."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from openapi_gateway.calls import Call, Caller, Operation, Reply
from openapi_gateway.credentials.platform_ring import jwk, published_keys
from openapi_gateway.credentials.rotation import LIST_VALID_FOR

# Partners may keep the list so long; a new key is announced at least that long before it signs.
CACHED = f"public, max-age={int(LIST_VALID_FOR.total_seconds())}"


class PublicKey(msgspec.Struct, omit_defaults=True):
    """A JSON Web Key. ``state``: announced, taking_over, current or retired."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    state: str
    thumbprint: str
    y: str | None = None
    not_before: str | None = None
    pem: str | None = None


class KeySet(msgspec.Struct):
    keys: list[PublicKey]


def list_keys(_call: Call) -> Reply:
    keys: list[dict[str, Any]] = [jwk(each) for each in published_keys()]
    return Reply({"keys": keys}, headers={"Cache-Control": CACHED})


OPERATIONS: list[Operation] = [
    Operation(
        "platform.keys", "GET", "/gw/v1/platform-keys", list_keys,
        _("The platform's public keys, for verifying its answers"), caller=Caller.ANYBODY,
        answer=KeySet,
    ),
]  # fmt: skip
