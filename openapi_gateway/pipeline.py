"""A call of the gateway, from its arrival to its signed answer, in the order in which it is judged:

address → size, verb, type → signature headers → key → environment → key's addresses → signature →
clock → digest → grant, level, grant's addresses → nonce, rates, quotas and the log's mark (one
script) → schema → idempotency → service → signed answer → log.

Nothing is looked up for a client before its signature holds, and nothing is counted for a call that
is refused before it is admitted.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from os import urandom
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from audit.context import request_context
from audit.errors import DomainError
from audit.middleware import client_address
from openapi_gateway import answers, errors, reading, replying
from openapi_gateway.calls import Call, Caller, Operation
from openapi_gateway.choices import Algorithm, Environment, Level
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.directory import KeyRecord, Limits, Permit
from openapi_gateway.errors import GatewayRefused, NotSigned
from openapi_gateway.limits import abuse
from openapi_gateway.limits.admission import Asking, Stale, admit
from openapi_gateway.limits.connections import Away
from openapi_gateway.matching import Router
from openapi_gateway.metering import outcomes
from openapi_gateway.metering.outcomes import Finished
from openapi_gateway.replying import Outgoing
from openapi_gateway.signing import profile
from openapi_gateway.signing.digests import is_digest_of
from openapi_gateway.signing.profile import SignatureInput
from openapi_gateway.spoiling import spoil

logger = logging.getLogger(__name__)

# Of what belongs to no base service: usage, quota, conformance.
ACCOUNT = "account"
ACCOUNT_LIMITS = Limits(rate_per_second=20, burst=60, day_quota=0, month_quota=0)
# A client may change while its call is under way, but not again and again.
ATTEMPTS = 3
_encode = msgspec.json.Encoder().encode


class Exchange:
    """What is known so far of one call; what its answer and its log line need."""

    __slots__ = (
        "address", "at", "began", "body", "call", "environment", "key", "language", "meta",
        "method", "operation", "path", "permit", "request_id", "signed",
    )  # fmt: skip

    def __init__(self, request: HttpRequest, environment: str) -> None:
        self.began, self.at = time.perf_counter(), time.time()
        self.meta: dict[str, Any] = request.META
        self.method, self.path = request.method or "", request.path_info
        self.environment = environment
        self.request_id = f"req_{int(self.at * 1000):012x}{urandom(7).hex()}"
        self.address = client_address(request) or ""
        self.language = "en" if self._header("ACCEPT_LANGUAGE").startswith("en") else "zh-hans"
        self.signed: SignatureInput | None = None
        self.key: KeyRecord | None = None
        self.permit: Permit | None = None
        self.operation: Operation | None = None
        self.call: Call | None = None
        self.body = b""

    def _header(self, name: str) -> str:
        value: str = self.meta.get(f"HTTP_{name}", "")
        return value

    @property
    def app_id(self) -> str:
        return self._header("RCB_APP_ID")

    @property
    def authority(self) -> str:
        return self._header("HOST").lower()

    @property
    def query(self) -> str:
        query: str = self.meta.get("QUERY_STRING", "")
        return query

    @property
    def content_type(self) -> str:
        kind: str = self.meta.get("CONTENT_TYPE", "")
        return kind

    @property
    def idempotency_key(self) -> str:
        return self._header("IDEMPOTENCY_KEY")

    @property
    def authorization(self) -> str:
        return self._header("AUTHORIZATION")


def serve(request: HttpRequest, environment: str, router: Router) -> HttpResponse:
    exchange = Exchange(request, environment)
    with request_context(exchange.request_id, exchange.address or None):
        out = _answered(exchange, request, router)
        response = replying.signed(
            out, request_id=exchange.request_id, method=exchange.method, path=exchange.path,
            request=exchange.signed, key=exchange.key,
        )  # fmt: skip
    if out.spoil and environment == Environment.SANDBOX:
        spoil(response, out.spoil)
    return response


def _answered(exchange: Exchange, request: HttpRequest, router: Router) -> Outgoing:
    try:
        out = _outgoing(exchange, request, router)
        _log(exchange, out)
    except (RedisError, Away):
        # What is billed could not be written down: nobody is told that it was done.
        out = _refused(exchange, GatewayRefused(errors.UNAVAILABLE))
    return out


def _outgoing(exchange: Exchange, request: HttpRequest, router: Router) -> Outgoing:
    try:
        return _served(exchange, request, router)
    except GatewayRefused as refusal:
        return _refused(exchange, refusal)
    except DomainError as error:
        return _refused(exchange, replying.as_refusal(error))
    except (Away, RedisError, OperationalError, InterfaceError):
        logger.warning("gateway.dependency_away path=%s", exchange.path, exc_info=True)
        return _refused(exchange, GatewayRefused(errors.UNAVAILABLE))
    except Exception:
        logger.exception("gateway.call_failed request_id=%s", exchange.request_id)
        return _refused(exchange, GatewayRefused(errors.SERVER_ERROR))


def _served(exchange: Exchange, request: HttpRequest, router: Router) -> Outgoing:
    if wait := abuse.seconds_to_wait(exchange.address):
        raise GatewayRefused(errors.ABUSE, headers={"Retry-After": str(wait)})
    operation, parts = router.find(exchange.method, exchange.path, exchange.environment)
    exchange.operation = operation
    exchange.body = reading.read_body(request, operation)
    reading.require_type(exchange.content_type, operation, exchange.body)
    call = Call(
        request_id=exchange.request_id, at=datetime.fromtimestamp(exchange.at, UTC),
        environment=exchange.environment, operation=operation, path=parts,
        query=reading.single_query(exchange.query) if exchange.query else {},
        raw_query=exchange.query, raw=exchange.body,
        content_type=exchange.content_type, address=exchange.address,
        bearer=_bearer(exchange.authorization), idempotency_key=exchange.idempotency_key,
    )  # fmt: skip
    exchange.call = call
    if operation.caller is Caller.SERVER:
        _admitted(exchange, call)
    else:
        call.digest = exchange._header("CONTENT_DIGEST") or exchange._header("X_CONTENT_SHA256")
        call.body = reading.decode(operation, exchange.body)
    return _handled(call)


# --- Who calls -----------------------------------------------------------------------------------
def _admitted(exchange: Exchange, call: Call) -> None:
    signed = exchange.signed = profile.parse(
        exchange._header("SIGNATURE_INPUT"), exchange._header("SIGNATURE")
    )
    _require_everything_signed(exchange, signed)
    call.created, call.expires = signed.created, signed.expires
    for _attempt in range(ATTEMPTS):
        key = _verified(exchange, signed)
        exchange.permit = _permit(exchange, key)
        call.client, call.key, call.permit = key.client, key, exchange.permit
        # The body is decoded first: what the script looks up is named in it.
        call.body = reading.decode(call.operation, exchange.body)
        try:
            call.found = admit(_asking(exchange, call, key, signed))
        except Stale:
            directory.forget_client(key.client.app_id)
        else:
            return
    raise GatewayRefused(errors.UNAVAILABLE)


def _require_everything_signed(exchange: Exchange, signed: SignatureInput) -> None:
    """A header that steers the call and is not signed could be anybody's."""
    shape = signed.shape
    if (
        shape.has_body != bool(exchange.body)
        or shape.has_idempotency_key != bool(exchange.idempotency_key)
        or shape.has_authorization != bool(exchange.authorization)
    ):
        raise NotSigned(errors.SIG_COMPONENTS, required=profile.required_components())


def _verified(exchange: Exchange, signed: SignatureInput) -> KeyRecord:
    key = directory.key_of(signed.key_id) if _is_key_id(signed.key_id) else None
    if key is None or key.client.app_id != exchange.app_id:
        _NOBODY.verify(b"", bytes(64))  # as long as a known key would take
        raise NotSigned(errors.KEY_UNKNOWN)
    if key.environment != exchange.environment:
        raise NotSigned(errors.KEY_WRONG_ENV)
    if not directory.is_allowed(exchange.address, key.networks):
        raise GatewayRefused(errors.IP_DENIED)
    if not key.verify(_base(exchange, signed), signed.signature):
        raise NotSigned(errors.SIG_INVALID)
    profile.require_current(signed, exchange.at)
    _require_usable(key, exchange.at)
    if exchange.body and not is_digest_of(exchange._header("CONTENT_DIGEST"), exchange.body):
        raise NotSigned(errors.SIG_DIGEST)
    exchange.key = key
    return key


def _is_key_id(text: str) -> bool:
    return text.startswith("k_") and len(text) <= 24 and text.isascii()


def _base(exchange: Exchange, signed: SignatureInput) -> bytes:
    try:
        return profile.request_base(
            signed, method=exchange.method, authority=exchange.authority, path=exchange.path,
            query=exchange.query, content_digest=exchange._header("CONTENT_DIGEST"),
            content_type=exchange.content_type, app_id=exchange.app_id,
            idempotency_key=exchange.idempotency_key, authorization=exchange.authorization,
        )  # fmt: skip
    except UnicodeEncodeError as error:
        raise GatewayRefused(errors.SIG_MALFORMED) from error


def _require_usable(key: KeyRecord, at: float) -> None:
    """Outside the sandbox a revoked key looks like one that never was."""
    if key.state == KeyState.REVOKED:
        is_sandbox = key.environment == Environment.SANDBOX
        raise NotSigned(errors.KEY_REVOKED if is_sandbox else errors.KEY_UNKNOWN)
    if key.state not in KeyState.usable() or key.ends_at <= at:
        raise NotSigned(errors.KEY_EXPIRED)


class _Nobody:
    """A key that nobody holds, so that an unknown key id is not told apart by the clock."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        from openapi_gateway.signing.algorithms import verifier

        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        self.verify = verifier(Algorithm.P256, public)


_NOBODY = _Nobody()


# --- What they may -------------------------------------------------------------------------------
def _permit(exchange: Exchange, key: KeyRecord) -> Permit:
    operation, environment = exchange.operation, exchange.environment
    assert operation is not None
    if operation.service:
        permit = directory.permit_for(key.client, operation.service, environment, exchange.at)
    else:
        permit = _any_permit(key, environment, exchange.at)
    if operation.scope and operation.scope not in permit.scopes:
        raise GatewayRefused(errors.SCOPE_DENIED)
    is_production = environment == Environment.PRODUCTION
    if is_production and operation.service and permit.level == Level.A2 and key.sign is not None:
        raise GatewayRefused(errors.LEVEL_INSUFFICIENT)
    if not directory.is_allowed(exchange.address, permit.networks.get(environment, ())):
        raise GatewayRefused(errors.IP_DENIED)
    return permit


def _any_permit(key: KeyRecord, environment: str, at: float) -> Permit:
    refusal = GatewayRefused(errors.SCOPE_DENIED)
    for service in key.client.permits:
        try:
            return directory.permit_for(key.client, service, environment, at)
        except GatewayRefused as reason:
            refusal = reason
    raise refusal


def _asking(exchange: Exchange, call: Call, key: KeyRecord, signed: SignatureInput) -> Asking:
    operation, permit, client = call.operation, exchange.permit, key.client
    assert permit is not None
    service = operation.service or ACCOUNT
    limits = permit.limits_in(exchange.environment) if operation.service else ACCOUNT_LIMITS
    return Asking(
        app_id=client.app_id, epoch=client.epoch, environment=exchange.environment,
        bank_id=client.bank_id, service=service, limits=limits, key_id=key.key_id,
        nonce=signed.nonce, request_id=exchange.request_id, at=exchange.at,
        mark=_mark(exchange, key, service) if permit.level == Level.A2 else b"",
        look_up=operation.look_up(call) if operation.look_up else "",
    )  # fmt: skip


def _mark(exchange: Exchange, key: KeyRecord, service: str) -> bytes:
    client = key.client
    return _encode(
        (
            exchange.request_id, int(exchange.at * 1000), client.bank_id, client.app_id, key.key_id,
            exchange.environment, exchange.operation.name, service, exchange.address,  # type: ignore[union-attr]
        )
    )  # fmt: skip


# --- What they get -------------------------------------------------------------------------------
def _handled(call: Call) -> Outgoing:
    operation = call.operation
    if not operation.is_idempotent:
        return replying.outgoing(operation.handler(call))
    answers.require_key(call.idempotency_key)
    claimed = answers.claim(call)
    if isinstance(claimed, answers.Kept):
        kind = replying.PROBLEM if claimed.status >= 400 else replying.JSON
        again = {"Idempotency-Replayed": "true"}
        return Outgoing(claimed.status, claimed.body, kind, claimed.outcome, False, again)
    return _once(call, claimed)


def _once(call: Call, row_id: int) -> Outgoing:
    try:
        out = replying.outgoing(call.operation.handler(call))
    except GatewayRefused as refusal:
        if refusal.http_status >= 500 or refusal.problem.retryable:
            answers.give_up(row_id)
            raise
        out = replying.refused(refusal, call.request_id, "zh-hans")
    except BaseException:
        answers.give_up(row_id)
        raise
    answers.keep(row_id, answers.Kept(out.status, out.body, out.outcome))
    return out


def _bearer(authorization: str) -> str:
    scheme, _space, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refused(exchange: Exchange, refusal: GatewayRefused) -> Outgoing:
    if isinstance(refusal, NotSigned):
        abuse.note_refused(exchange.address)
    return replying.refused(refusal, exchange.request_id, exchange.language)


def _log(exchange: Exchange, out: Outgoing) -> None:
    finished = _finished(exchange, out)
    call = exchange.call
    is_phone = (
        call is not None and call.operation.caller is Caller.PHONE and call.client is not None
    )
    if out.billable or is_phone:
        outcomes.write([finished])
    else:
        outcomes.tell(finished)


def _finished(exchange: Exchange, out: Outgoing) -> Finished:
    operation, call, key = exchange.operation, exchange.call, exchange.key
    client = call.client if call is not None else None
    return Finished(
        exchange.request_id, int(exchange.at * 1000), client.bank_id if client else 0,
        client.app_id if client else exchange.app_id[:20], key.key_id if key else "",
        exchange.environment, operation.name if operation else "",
        (operation.service or ACCOUNT) if operation else "", out.status, out.outcome,
        int((time.perf_counter() - exchange.began) * 1_000_000), out.billable, exchange.address,
        call.subject if call else "",
    )  # fmt: skip
