"""Tokens as the mobile app's identity signs them, for local runs."""

from __future__ import annotations

import json
import time

import jwt
from django.conf import settings

LIFETIME_SECONDS = 8 * 3600


def customer_token(bank: str, customer: str = "", *, lifetime: int = LIFETIME_SECONDS) -> str:
    """Without a customer number: a visitor's, before signing in."""
    return _signed(bank, {"sub": customer} if customer else {}, lifetime)


def system_token(bank: str, system: str, *, lifetime: int = LIFETIME_SECONDS) -> str:
    """Of a system of the bank, such as its core."""
    return _signed(bank, {"system": system}, lifetime)


def _signed(bank: str, caller: dict[str, str], lifetime: int) -> str:
    key = json.loads(settings.DEMO_IDENTITY)
    claims: dict[str, object] = {"bank": bank, "exp": int(time.time()) + lifetime, **caller}
    if settings.CHANNEL_JWT_AUDIENCE:
        claims["aud"] = settings.CHANNEL_JWT_AUDIENCE
    return jwt.encode(claims, jwt.PyJWK(key), algorithm="ES256", headers={"kid": key["kid"]})
