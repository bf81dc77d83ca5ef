"""Message authentication codes of rows: who has the database but not the keys can forge none.

A MAC reads ``v1:<key id>:<hex>``; verification takes the named key, so rows outlive a rotation as
long as the old key stays in the ring.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.canonical import canonical, dumps
from audit.context import current_schema

VERSION = "v1"


def row_mac(label: str, fields: Mapping[str, Any]) -> str:
    """The MAC of a row of the current schema, under the active key; ``fields`` hold its ``id``."""
    key_id = next(iter(settings.FIELD_KEYS), None)
    if key_id is None:
        raise ImproperlyConfigured("FIELD_KEYS holds no key.")
    return f"{VERSION}:{key_id}:{_digest(settings.FIELD_KEYS[key_id], label, fields)}"


def mac_is_valid(mac: str, label: str, fields: Mapping[str, Any]) -> bool:
    """False also when the key is not in the ring: what cannot be verified counts as broken."""
    version, _, rest = mac.partition(":")
    key_id, _, digest = rest.partition(":")
    if version != VERSION or not key_is_known(mac):
        return False
    expected = _digest(settings.FIELD_KEYS[key_id], label, fields)
    return hmac.compare_digest(digest.encode(), expected.encode())


def key_is_known(mac: str) -> bool:
    parts = mac.split(":")
    return len(parts) == 3 and parts[1] in settings.FIELD_KEYS


def _digest(key: bytes, label: str, fields: Mapping[str, Any]) -> str:
    if "id" not in fields:
        raise ValueError("A row's MAC must cover its id, or the row could be copied under another.")
    document = dumps([current_schema(), label, canonical(fields)])
    return hmac.new(_audit_key(key), document.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=64)
def _audit_key(key: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"audit").derive(key)
