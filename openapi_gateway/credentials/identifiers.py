"""The ids and secrets that clients are handed: their prefixes tell what they are, and where they
belong; a secret's last six characters are a checksum, so that scanners find leaked ones without
asking us."""

from __future__ import annotations

import base64
import re
import secrets
import string
import zlib

from openapi_gateway.choices import Environment

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
# 32 random bytes, and the four bytes of the checksum.
SECRET_CHARACTERS, CHECKSUM_CHARACTERS = 43, 6
SECRET = re.compile(r"(rcbsk_(?:sbx|prd)_[0-9A-Za-z]{43})([0-9A-Za-z]{6})")
_ID_BYTES = 10


def new_app_id() -> str:
    return f"app_{_base32()}"


def new_key_id(environment: str) -> str:
    return f"k_{Environment(environment).tag}_{_base32()}"


def new_secret(environment: str) -> str:
    """256 random bits, as the partner is shown them once."""
    number = int.from_bytes(secrets.token_bytes(32))
    body = f"rcbsk_{Environment(environment).tag}_{_base62(number, SECRET_CHARACTERS)}"
    return body + _checksum(body)


def is_secret(text: str) -> bool:
    """Whether this can be a secret of ours, by its form and checksum alone."""
    found = SECRET.fullmatch(text)
    return found is not None and _checksum(found[1]) == found[2]


def _base32() -> str:
    return base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode().lower()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM_CHARACTERS)


def _base62(number: int, characters: int) -> str:
    digits = []
    for _each in range(characters):
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    return "".join(reversed(digits))
