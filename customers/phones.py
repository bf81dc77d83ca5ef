"""Phone numbers: kept as a mask to look at, and as a keyed digest to look up."""

from __future__ import annotations

import hmac
import re
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.context import current_schema

_MARKS = re.compile(r"[\s\-()]")
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})", re.ASCII)


def mobile_of(text: str) -> str:
    """The eleven digits; empty when this is no mobile number of the mainland."""
    found = _MOBILE.fullmatch(_MARKS.sub("", text))
    return found[1] if found else ""


def masked(mobile: str) -> str:
    return f"{mobile[:3]}****{mobile[-4:]}"


def digest_of(mobile: str) -> str:
    """Under the active key; in every bank another one, so that nobody can join their customers."""
    return _digest(_keys()[0], mobile)


def digests_of(mobile: str) -> list[str]:
    """Under every key of the ring: to find rows that were written before a rotation, too."""
    return [_digest(key, mobile) for key in _keys()]


def _keys() -> list[bytes]:
    if not settings.FIELD_KEYS:
        raise ImproperlyConfigured("FIELD_KEYS holds no key.")
    return list(settings.FIELD_KEYS.values())


def _digest(key: bytes, mobile: str) -> str:
    message = f"{current_schema()}:{mobile}".encode()
    return hmac.digest(_phone_key(key), message, "sha256").hex()


@lru_cache(maxsize=64)
def _phone_key(key: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"customer phone").derive(key)
