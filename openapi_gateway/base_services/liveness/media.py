"""The bytes of a capture: what they must be, and how they lie in the database for the seconds until
the engine has judged them.

They are encrypted under a key of their own, which lies in Redis alone and for minutes: a backup of
the database holds no face.
"""

from __future__ import annotations

import os
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django_tenants.utils import tenant_context
from redis.exceptions import RedisError

from openapi_gateway import errors as gateway_errors
from openapi_gateway.base_services.liveness import errors
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.redis_clients import redis_of
from openapi_gateway.signing.digests import is_digest_of
from tenants.encryption import CannotDecrypt, Cipher
from tenants.platform import PLATFORM

MAX_BYTES = 5 * 2**20
OPAQUE = "application/octet-stream"
NONCE_BYTES = 12
# Longer than a session and its judging, by far.
KEY_SECONDS = 600
_PURPOSE = "liveness media key"
_MAGIC = {
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "image/png": (0, b"\x89PNG\r\n\x1a\n"),
    "video/mp4": (4, b"ftyp"),
}


def require_media(body: bytes, content_type: str, digest: str) -> str:
    """The SHA-256 of what was sent, hexadecimal. Raises ``GatewayRefused``."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _MAGIC and kind != OPAQUE:
        raise GatewayRefused(gateway_errors.REQ_MEDIA)
    if len(body) > MAX_BYTES:
        raise GatewayRefused(gateway_errors.REQ_TOO_LARGE)
    if not body or (kind in _MAGIC and not _starts_like(body, kind)):
        raise GatewayRefused(errors.CAPTURE_UNREADABLE)
    found = sha256(body).hexdigest()
    if digest.strip().lower() != found and not is_digest_of(digest.strip(), body):
        raise GatewayRefused(errors.CAPTURE_DIGEST)
    return found


def _starts_like(body: bytes, kind: str) -> bool:
    at, magic = _MAGIC[kind]
    return body[at : at + len(magic)] == magic


# --- At rest -------------------------------------------------------------------------------------
def seal(uid: UUID, body: bytes) -> bytes:
    """Raises ``GatewayRefused`` when Redis cannot keep the key."""
    key, nonce = AESGCM.generate_key(256), os.urandom(NONCE_BYTES)
    with tenant_context(PLATFORM):
        wrapped = Cipher(_PURPOSE).encrypt(key, uid.bytes)
    try:
        redis_of(settings.REDIS_URL).set(_name(uid), wrapped, ex=KEY_SECONDS)
    except RedisError as error:
        raise GatewayRefused(gateway_errors.UNAVAILABLE) from error
    return nonce + AESGCM(key).encrypt(nonce, body, uid.bytes)


def unseal(uid: UUID, cell: bytes) -> bytes | None:
    """None when the key is gone, or the cell is not this capture's."""
    try:
        wrapped = redis_of(settings.REDIS_URL).get(_name(uid))
    except RedisError:
        return None
    if wrapped is None:
        return None
    try:
        with tenant_context(PLATFORM):
            key = Cipher(_PURPOSE).decrypt(wrapped, uid.bytes)  # type: ignore[arg-type]
        return AESGCM(key).decrypt(cell[:NONCE_BYTES], cell[NONCE_BYTES:], uid.bytes)
    except (CannotDecrypt, InvalidTag):
        return None


def shred(*uids: UUID) -> None:
    """The keys of captures that were judged; what Redis cannot delete now ends by itself."""
    try:
        if uids:
            redis_of(settings.REDIS_URL).delete(*map(_name, uids))
    except RedisError:
        return


def _name(uid: UUID) -> str:
    return f"gw:live:{uid.hex}"
