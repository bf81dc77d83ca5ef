"""Columns that nobody reads in the database: encrypted under FIELD_KEYS, each schema and purpose
with a key of its own.

A cell is ``version, length of the key's id, key's id, nonce, ciphertext and tag`` (AES-256-GCM). It
is bound to what it belongs to: copied into another row, it does not open.
"""

from __future__ import annotations

import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

VERSION = 1
NONCE_BYTES = 12
# Random numbers for so many cells are fetched at once.
_NONCES = 4096


class CannotDecrypt(ValueError):
    """Tampered with, of another row, or under a key that is no longer in FIELD_KEYS."""


class Cipher:
    """For many cells of one purpose ("coupon code") of the current schema."""

    def __init__(self, purpose: str) -> None:
        self._schema, self._purpose = connection.schema_name, purpose
        key_id = _key_ids()[0]
        self._cipher = AESGCM(_derived(settings.FIELD_KEYS[key_id], self._schema, purpose))
        self._head = bytes([VERSION, len(key_id.encode())]) + key_id.encode()
        self._random, self._at = b"", 0

    def encrypt(self, plain: bytes, bound_to: bytes) -> bytes:
        if self._at == len(self._random):
            self._random, self._at = os.urandom(NONCE_BYTES * _NONCES), 0
        nonce = self._random[self._at : self._at + NONCE_BYTES]
        self._at += NONCE_BYTES
        return self._head + nonce + self._cipher.encrypt(nonce, plain, bound_to)

    def decrypt(self, cell: bytes, bound_to: bytes) -> bytes:
        cell = bytes(cell)
        key_id, rest = _split(cell)
        try:
            key = settings.FIELD_KEYS[key_id]
            cipher = AESGCM(_derived(key, self._schema, self._purpose))
            return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], bound_to)
        except (KeyError, InvalidTag, ValueError) as error:
            raise CannotDecrypt(f"A cell of {self._purpose!r} does not open.") from error


class Digester:
    """Keyed digests for looking encrypted values up, 16 bytes, of the current schema.

    Under the oldest key of the ring, so that equal values stay equal after a rotation: that key is
    never taken out.
    """

    def __init__(self, purpose: str) -> None:
        key = settings.FIELD_KEYS[_key_ids()[-1]]
        # Copied for each value: setting the key up costs more than the digest itself.
        self._keyed = HMAC(_derived(key, connection.schema_name, f"digest of {purpose}"), SHA256())

    def digest(self, value: bytes) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(value)
        return keyed.finalize()[:16]

    def uuid(self, value: str) -> UUID:
        return UUID(bytes=self.digest(value.encode()))


def file_key(salt: bytes, key_id: str = "") -> tuple[str, bytes]:
    """A key of the current schema for one file, and the id of the ring's key that it comes from:
    the newest unless ``key_id`` names another. Raises ``CannotDecrypt`` for one that is not there.
    """
    key_id = key_id or _key_ids()[0]
    if key_id not in settings.FIELD_KEYS:
        raise CannotDecrypt("The key of the file is no longer in FIELD_KEYS.")
    purpose = f"file {salt.hex()}"
    return key_id, _derived(settings.FIELD_KEYS[key_id], connection.schema_name, purpose)


def _split(cell: bytes) -> tuple[str, bytes]:
    if len(cell) < 2 or cell[0] != VERSION:
        raise CannotDecrypt("This is no encrypted cell.")
    end = 2 + cell[1]
    return cell[2:end].decode(errors="replace"), cell[end:]


def _key_ids() -> list[str]:
    if not settings.FIELD_KEYS:
        raise ImproperlyConfigured("FIELD_KEYS holds no key.")
    return list(settings.FIELD_KEYS)


@lru_cache(maxsize=512)
def _derived(key: bytes, schema: str, purpose: str) -> bytes:
    info = f"{schema}:{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)
