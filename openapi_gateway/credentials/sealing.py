"""Clients' secrets at rest: under the platform's key, each bound to its row. No page opens one."""

from __future__ import annotations

import hashlib

from openapi_gateway.credentials.models import Key
from tenants.encryption import Cipher
from tenants.search_path import on_public

PURPOSE = "gateway client secret"
FINGERPRINT_DIGITS = 8
_BETWEEN = "\x1f"


def seal_secret(secret: str, *, key_id: str, schema_name: str, version: int = 1) -> bytes:
    """``schema_name``: of the bank whose client will hold it."""
    with on_public():
        return Cipher(PURPOSE).encrypt(secret.encode(), _bound_to(key_id, schema_name, version))


def open_secret(key: Key) -> bytes:
    """The bytes that HMAC is keyed with: the secret as the partner was shown it, in ASCII.

    Reads ``key.client.bank``: select it along. Raises ``CannotDecrypt``.
    """
    if key.secret is None:
        raise ValueError(f"{key.key_id} has no secret.")
    bound_to = _bound_to(key.key_id, key.client.bank.schema_name, key.version)
    with on_public():
        return Cipher(PURPOSE).decrypt(bytes(key.secret), bound_to)


def fingerprint_of(material: bytes) -> str:
    """Of a secret, or of the DER of a public key: enough to tell two apart, too little to guess."""
    return hashlib.sha256(material).hexdigest()[:FINGERPRINT_DIGITS]


def _bound_to(key_id: str, schema_name: str, version: int) -> bytes:
    return _BETWEEN.join((key_id, schema_name, str(version))).encode()
