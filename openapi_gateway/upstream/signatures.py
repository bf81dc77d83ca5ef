"""How the gateway and the systems behind it know each other: HMAC-SHA256 with the secret that they
share, over the moment, the verb and place, and the digest of the body.

    Upstream-Timestamp: 1790000000
    Upstream-Signature: v1=<hex>

Callbacks are signed the same, as ``POST`` to their path.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

TIMESTAMP, SIGNATURE = "Upstream-Timestamp", "Upstream-Signature"
# Either clock may be off by so much.
TOLERANCE_SECONDS = 300
_VERSION = "v1="


def signed_headers(
    secret: bytes, method: str, path: str, body: bytes, timestamp: int
) -> dict[str, str]:
    signature = _VERSION + _mac(secret, method, path, body, str(timestamp))
    return {TIMESTAMP: str(timestamp), SIGNATURE: signature}


def is_signed(
    secret: bytes, method: str, path: str, body: bytes,
    *, timestamp: str, signature: str, now: float,
) -> bool:  # fmt: skip
    if not secret or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    wanted = _VERSION + _mac(secret, method, path, body, timestamp)
    return hmac.compare_digest(wanted.encode(), signature.encode(errors="replace"))


def _mac(secret: bytes, method: str, path: str, body: bytes, timestamp: str) -> str:
    message = "\n".join((timestamp, method, path, sha256(body).hexdigest()))
    return hmac.new(secret, message.encode(), sha256).hexdigest()
