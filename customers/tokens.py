"""The mobile app's tokens: JWT, ES256 only, signed by the platform's identity.

Verifying a signature costs more than the rest of a home page, so each process remembers the
tokens that it has verified, by digest, until they expire.
"""

from __future__ import annotations

import json
import re
import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from customers.choices import CallerKind
from customers.errors import TokenRefused, WrongBank

if TYPE_CHECKING:
    from tenants.models import Bank

ALGORITHM = "ES256"
LEEWAY_SECONDS = 10
MAX_TOKEN_CHARACTERS = 4096
MAX_REMEMBERED = 50_000
MAX_HEADERS = 64
MAX_SYSTEM_NAME = 60
# An ES256 signature is 64 bytes: 86 characters.
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
UNREADABLE = (
    jwt.PyJWTError, InvalidSignature, LookupError, TypeError, ValueError, OverflowError,
)  # fmt: skip
ES256 = ec.ECDSA(hashes.SHA256())
# 2100 and later is nonsense. RFC 8176, as far as phones go.
MAX_TIME = 4_102_444_800
KNOWN_AMR = ("pwd", "pin", "fpt", "face", "otp", "sms", "hwk", "swk")
CUSTOMER_NUMBER = re.compile(r"[A-Za-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class Caller:
    kind: CallerKind
    # Empty unless a customer.
    customer_number: str = ""
    # May look at the home as it was or will be (``?at=``).
    may_preview: bool = False
    # Name of the system, for what it reports; no part of what a caller may do.
    system: str = field(default="", compare=False)
    # When (seconds since 1970) and how (RFC 8176) the customer signed in; 0 and nothing: not told.
    auth_time: int = field(default=0, compare=False)
    amr: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_customer(self) -> bool:
        return self.kind is CallerKind.CUSTOMER

    @property
    def is_authenticated(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class _Verified:
    bank: str
    caller: Caller
    expires: float


class _Memory:
    """Verified tokens, oldest out first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[bytes, _Verified] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes, now: float) -> _Verified | None:
        entry = self._entries.get(key)
        return entry if entry is not None and entry.expires > now else None

    def put(self, key: bytes, entry: _Verified) -> None:
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > self._limit:
                self._entries.popitem(last=False)


class _Issuer:
    """The identity's public keys, and the tokens already verified with them."""

    def __init__(self, key_set: str) -> None:
        self._keys = dict(_read_keys(key_set))
        self._by_header: dict[str, Any] = {}
        self.memory = _Memory(MAX_REMEMBERED)

    def key_for(self, token: str) -> Any:
        """By the token's header, which is the same text in all tokens of one key."""
        segment = token.partition(".")[0]
        key = self._by_header.get(segment)
        if key is None:
            key = self._named_key(token)
            if len(self._by_header) < MAX_HEADERS:
                self._by_header[segment] = key
        return key

    def _named_key(self, token: str) -> Any:
        header = jwt.get_unverified_header(token)
        # "crit" names extensions that must be understood; we understand none.
        if header.get("alg") != ALGORITHM or "crit" in header:
            raise jwt.InvalidAlgorithmError
        kid: Any = header.get("kid")
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys[kid]


def _read_keys(key_set: str) -> list[tuple[str, Any]]:
    try:
        entries = json.loads(key_set)["keys"]
        return [
            (entry["kid"], jwt.PyJWK(entry, algorithm=ALGORITHM).key)
            for entry in entries
            if entry.get("kty") == "EC" and entry.get("crv") == "P-256" and "d" not in entry
        ]
    except (ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
        raise ImproperlyConfigured(
            "CHANNEL_JWT_KEYS must be a JSON Web Key Set of public P-256 keys, each with a kid."
        ) from error


@lru_cache(maxsize=4)
def issuer(key_set: str) -> _Issuer:
    return _Issuer(key_set)


def verify(token: str, bank: Bank, *, now: float | None = None) -> Caller:
    """Who calls ``bank`` with this token. Raises ``TokenRefused`` or ``WrongBank``."""
    now = time.time() if now is None else now
    source = issuer(settings.CHANNEL_JWT_KEYS)
    key = sha256(token.encode("utf-8", "surrogatepass")).digest()
    verified = source.memory.get(key, now)
    if verified is None:
        verified = _verify_signature(source, token, now)
        source.memory.put(key, verified)
    if verified.bank != bank.slug:
        raise WrongBank(_("This token was issued for another bank."))
    return verified.caller


def _verify_signature(source: _Issuer, token: str, now: float) -> _Verified:
    try:
        claims = _signed_claims(source, token)
        expires = int(claims["exp"]) + LEEWAY_SECONDS
        is_early = any(int(claims.get(name, 0)) > now + LEEWAY_SECONDS for name in ("nbf", "iat"))
    except (
        jwt.PyJWTError,
        InvalidSignature,
        LookupError,
        TypeError,
        ValueError,
        OverflowError,
    ) as why:
        raise TokenRefused(_("The token is not valid.")) from why
    if expires <= now:
        raise TokenRefused(_("The token has expired."), code="token_expired")
    if is_early or not _is_for_us(claims):
        raise TokenRefused(_("The token is not valid."))
    return _Verified(_bank_of(claims), _caller_of(claims), expires)


def _signed_claims(source: _Issuer, token: str) -> dict[str, Any]:
    """RFC 7515, compact form, for ES256 alone.

    PyJWT reads each header once; for the signature it would take twice the time of the primitives,
    and every phone's first call in a process comes through here.
    """
    if len(token) > MAX_TOKEN_CHARACTERS or not COMPACT.fullmatch(token):
        raise ValueError("not a compact token")
    signed, _dot, signature = token.rpartition(".")
    raw = urlsafe_b64decode(f"{signature}==")
    numbers = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    source.key_for(token).verify(numbers, signed.encode(), ES256)
    claims = json.loads(urlsafe_b64decode(f"{signed.partition('.')[2]}=="))
    if not isinstance(claims, dict):
        raise TypeError("claims are an object")
    return claims


def _is_for_us(claims: dict[str, Any]) -> bool:
    wanted, audience = settings.CHANNEL_JWT_AUDIENCE, claims.get("aud")
    return not wanted or wanted == audience or (isinstance(audience, list) and wanted in audience)


def _bank_of(claims: dict[str, Any]) -> str:
    bank = claims.get("bank")
    if not isinstance(bank, str) or not bank:
        raise TokenRefused(_("The token names no bank."))
    return bank


def _caller_of(claims: dict[str, Any]) -> Caller:
    system, number = claims.get("system"), claims.get("sub")
    may_preview = claims.get("preview") is True
    if system is not None:
        if number is not None or not _is_system_name(system):
            raise TokenRefused(_("A system's token names the system and no customer."))
        return Caller(CallerKind.SYSTEM, system=system)
    if number is None:
        return Caller(CallerKind.VISITOR, may_preview=may_preview)
    if not isinstance(number, str) or not CUSTOMER_NUMBER.fullmatch(number):
        raise TokenRefused(_("The token names no customer number."))
    when, how = _signed_in(claims)
    return Caller(CallerKind.CUSTOMER, number, may_preview, auth_time=when, amr=how)


def _signed_in(claims: dict[str, Any]) -> tuple[int, tuple[str, ...]]:
    """What OpenID Connect calls auth_time and amr; else the moment when the token was made."""
    when, how = claims.get("auth_time", claims.get("iat", 0)), claims.get("amr", [])
    is_time = isinstance(when, int) and 0 < when < MAX_TIME
    known = [each for each in how if each in KNOWN_AMR] if isinstance(how, list) else []
    return when if is_time else 0, tuple(known)


def _is_system_name(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= MAX_SYSTEM_NAME and name.isprintable()
