"""Standard Webhooks: how a callback is signed. A list of signatures lets two secrets overlap."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Iterable
from uuid import UUID

from openapi_gateway.webhooks.models import Endpoint
from tenants.encryption import Cipher
from tenants.search_path import on_public

PREFIX, PURPOSE = "whsec_", "gateway webhook secret"
_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def seal(secret: str, uid: UUID, version: int) -> bytes:
    with on_public():
        return Cipher(PURPOSE).encrypt(secret.encode(), _bound_to(uid, version))


def open_sealed(cell: bytes | memoryview, uid: UUID, version: int) -> str:
    with on_public():
        return Cipher(PURPOSE).decrypt(bytes(cell), _bound_to(uid, version)).decode()


def secrets_of(endpoint: Endpoint, at: float) -> list[str]:
    """The present one first."""
    found = [open_sealed(endpoint.secret, endpoint.uid, endpoint.version)]
    until = endpoint.old_secret_until
    if endpoint.old_secret and until is not None and at < until.timestamp():
        found.append(open_sealed(endpoint.old_secret, endpoint.uid, endpoint.version - 1))
    return found


def signature(secrets_: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_digest(secret, signed)}" for secret in secrets_)


def _digest(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _bound_to(uid: UUID, version: int) -> bytes:
    return f"{uid}\x1f{version}".encode()
