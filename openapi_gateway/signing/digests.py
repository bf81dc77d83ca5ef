"""Content-Digest, RFC 9530: SHA-256 always; SM3 may stand beside it under a private name."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from hashlib import sha256
from hmac import compare_digest

from cryptography.hazmat.primitives import hashes

_MEMBER = re.compile(r"([a-z0-9-]+)=:([A-Za-z0-9+/=]{1,128}):")


def content_digest(body: bytes) -> str:
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def sm3(body: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(body)
    return digest.finalize()


def is_digest_of(header: str, body: bytes) -> bool:
    """Every digest that we understand must be right, and SHA-256 must be among them."""
    if header == content_digest(body):  # what nearly everybody sends
        return True
    found = _members(header)
    if found is None or "sha-256" not in found:
        return False
    right = {"sha-256": sha256(body).digest()}
    if "sm3" in found:
        right["sm3"] = sm3(body)
    return all(compare_digest(found[name], digest) for name, digest in right.items())


def _members(header: str) -> dict[str, bytes] | None:
    found: dict[str, bytes] = {}
    for part in header.split(","):
        match = _MEMBER.fullmatch(part.strip(" \t"))
        if match is None or match[1] in found:
            return None
        try:
            found[match[1]] = b64decode(match[2], validate=True)
        except (Error, ValueError):
            return None
    return found
