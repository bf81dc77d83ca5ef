"""What introspection needs of a token, in Redis: one value that the admission of a call brings
along. PostgreSQL holds the truth; a record that is missing is made anew from it.

A tombstone takes the place of a record before the database says that the token is over, and stays
for as long as anybody could still write the record back.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from django.conf import settings

from openapi_gateway import errors
from openapi_gateway.base_services.identity.models import Token
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.limits.connections import Away, Script

logger = logging.getLogger(__name__)

PREFIX = "gw:token:"
TOMBSTONE = b"0"
# A record is read again from the database after this time at the latest.
KEPT_SECONDS = 900
UNKNOWN_SECONDS = 60
MARGIN_SECONDS = 120

# Not over a tombstone, nor over what another process has written; gives what stands there then.
_KEEP = Script("""
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then
  return redis.call('GET', KEYS[1])
end
return ARGV[1]
""")
# What the token's row says now, unless it is over.
_RENEW = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[3] then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
return 1
""")
_DROP = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
""")
_BURY = Script("""
for place, name in ipairs(KEYS) do redis.call('SET', name, ARGV[1], 'EX', ARGV[place + 1]) end
return 1
""")


class Record(msgspec.Struct, array_like=True, frozen=True):
    app_id: str
    environment: str
    # Seconds since 1970, exclusive.
    ends_at: float
    # For the call log.
    subject: str
    # The answer of introspection, as it is sent.
    answer: msgspec.Raw


class _Answer(msgspec.Struct):
    active: bool
    scope: str
    client_id: str
    sub: str
    aud: str
    iss: str
    exp: int
    iat: int
    acr: str
    amr: list[str]
    auth_time: int
    cnf: dict[str, str]


_DECODER = msgspec.json.Decoder(Record)
_ENCODER = msgspec.json.Encoder()


def digest_of(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def name_of(digest: str) -> str:
    return PREFIX + digest


def read(found: bytes | None, digest: str, at: datetime) -> Record | None:
    """The token's record, if the token lives; ``found`` is what Redis holds."""
    if found is None:
        found = _refill(digest, at)
    if found == TOMBSTONE:
        return None
    record = _DECODER.decode(found)
    return record if at.timestamp() < record.ends_at else None


def _refill(digest: str, at: datetime) -> bytes:
    token = Token.objects.filter(digest=digest, revoked_at__isnull=True, expires_at__gt=at).first()
    if token is None:
        value, seconds = TOMBSTONE, UNKNOWN_SECONDS
    else:
        value, seconds = _encoded(token), _seconds(token, at)
    try:
        return bytes(_KEEP.run(1, name_of(digest), value, seconds))
    except Away:
        # The call was admitted a moment ago; what the database says is the truth.
        return value


def warm(token: Token, at: datetime) -> None:
    """After the commit that made the token. Without it the first introspection asks once."""
    try:
        _KEEP.run(1, name_of(token.digest), _encoded(token), _seconds(token, at))
    except Away:
        return


def drop(token: Token) -> None:
    """Before the commit that changes it. Raises ``GatewayRefused``, and nothing has happened."""
    try:
        _DROP.run(1, name_of(token.digest), TOMBSTONE)
    except Away as error:
        raise GatewayRefused(errors.UNAVAILABLE) from error


def renew(token: Token, at: datetime) -> None:
    """After that commit: somebody may have read the row just before it."""
    try:
        _RENEW.run(1, name_of(token.digest), _encoded(token), _seconds(token, at), TOMBSTONE)
    except Away:
        logger.warning("identity.record_not_renewed session_ref=%s", token.session_ref)


def bury(tokens: Sequence[Token], at: datetime) -> None:
    """Before the commit that ends them. Raises ``GatewayRefused``, and nothing has happened."""
    if not tokens:
        return
    seconds = [max(1, int((each.expires_at - at).total_seconds())) for each in tokens]
    try:
        _BURY.run(
            len(tokens), *(name_of(each.digest) for each in tokens), TOMBSTONE,
            *(each + MARGIN_SECONDS for each in seconds),
        )  # fmt: skip
    except Away as error:
        raise GatewayRefused(errors.UNAVAILABLE) from error


def _seconds(token: Token, at: datetime) -> int:
    left = int((token.expires_at - at).total_seconds())
    return max(1, min(left, KEPT_SECONDS))


def _encoded(token: Token) -> bytes:
    answer = _Answer(
        active=True, scope=" ".join(token.scopes), client_id=token.app_id, sub=token.openid,
        aud=token.app_id, iss=issuer(token.environment), exp=_epoch(token.expires_at),
        iat=_epoch(token.issued_at), acr=token.acr, amr=list(token.amr),
        auth_time=_epoch(token.auth_time), cnf={"keyid": token.key_id},
    )  # fmt: skip
    return _ENCODER.encode(
        Record(
            app_id=token.app_id, environment=token.environment,
            ends_at=token.expires_at.timestamp(), subject=masked_subject(token.openid),
            answer=msgspec.Raw(_ENCODER.encode(answer)),
        )
    )  # fmt: skip


def masked_subject(openid: str) -> str:
    return openid[:8]


def _epoch(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())


@cache
def issuer(environment: str) -> str:
    hosts: dict[str, Any] = {served: host for host, served in settings.OPEN_HOSTS.items()}
    return f"{'https' if settings.HTTPS else 'http'}://{hosts[environment]}"
