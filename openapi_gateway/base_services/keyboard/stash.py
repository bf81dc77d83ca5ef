"""What opens a session's ciphertext: in Redis alone, encrypted for the platform's schema, gone with
its time or when it is taken."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from redis.exceptions import RedisError

from openapi_gateway import errors
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.redis_clients import redis_of
from tenants.encryption import Cipher
from tenants.search_path import on_public

PURPOSE = "keyboard session"
PREFIX = "gw:pin:"
SCALAR_BYTES = 32


class Secrets:
    """Of one session. No repr: it must not stand in a log by accident."""

    __slots__ = ("layout", "private_key")

    def __init__(self, private_key: ec.EllipticCurvePrivateKey, layout: bytes) -> None:
        self.private_key, self.layout = private_key, layout


@sensitive_variables()
def keep(session_id: str, secrets: Secrets, seconds: int) -> None:
    number = secrets.private_key.private_numbers().private_value
    plain = number.to_bytes(SCALAR_BYTES) + secrets.layout
    with on_public():
        cell = Cipher(PURPOSE).encrypt(plain, session_id.encode())
    try:
        redis_of(settings.REDIS_URL).set(PREFIX + session_id, cell, ex=seconds)
    except RedisError as error:
        raise GatewayRefused(errors.UNAVAILABLE) from error


def look(session_id: str) -> Secrets | None:
    try:
        cell = redis_of(settings.REDIS_URL).get(PREFIX + session_id)
    except RedisError as error:
        raise GatewayRefused(errors.UNAVAILABLE) from error
    return _opened(session_id, cell)


def take(session_id: str) -> Secrets | None:
    """Once: whoever comes second finds nothing."""
    try:
        cell = redis_of(settings.REDIS_URL).getdel(PREFIX + session_id)
    except RedisError as error:
        raise GatewayRefused(errors.UNAVAILABLE) from error
    return _opened(session_id, cell)


@sensitive_variables()
def _opened(session_id: str, cell: Any) -> Secrets | None:
    if cell is None:
        return None
    with on_public():
        plain = Cipher(PURPOSE).decrypt(cell, session_id.encode())
    scalar, layout = int.from_bytes(plain[:SCALAR_BYTES]), plain[SCALAR_BYTES:]
    return Secrets(ec.derive_private_key(scalar, ec.SECP256R1()), layout)
