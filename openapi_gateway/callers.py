"""Who calls, and what they may: the judgements before a call is admitted."""

from __future__ import annotations

import msgspec

from openapi_gateway import errors, reading
from openapi_gateway.calls import Call
from openapi_gateway.choices import Algorithm, Environment, Level
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.records import KeyRecord, Limits, Permit
from openapi_gateway.errors import GatewayRefused, NotSigned
from openapi_gateway.exchanges import ACCOUNT, Exchange
from openapi_gateway.limits.admission import Asking, Stale, admit
from openapi_gateway.signing import profile
from openapi_gateway.signing.digests import is_digest_of
from openapi_gateway.signing.profile import SignatureInput

ACCOUNT_LIMITS = Limits(rate_per_second=20, burst=60, day_quota=0, month_quota=0)
# A client may change while its call is under way, but not again and again.
ATTEMPTS = 3
_encode = msgspec.json.Encoder().encode


def admit_server(exchange: Exchange, call: Call) -> None:
    """Identifies the partner's server and admits its call; raises ``GatewayRefused``."""
    signed = exchange.signed = profile.parse(
        exchange.header("SIGNATURE_INPUT"), exchange.header("SIGNATURE")
    )
    _require_everything_signed(exchange, signed)
    call.created, call.expires = signed.created, signed.expires
    for _attempt in range(ATTEMPTS):
        # Who was known to an earlier attempt may be nobody by now.
        exchange.key = call.key = call.client = None
        key = exchange.key = call.key = _verified(exchange, signed)
        # From here on a refusal stands in this client's log: whoever holds its key was refused.
        call.client = key.client
        profile.require_current(signed, exchange.at)
        if exchange.body and not is_digest_of(exchange.header("CONTENT_DIGEST"), exchange.body):
            raise NotSigned(errors.SIG_DIGEST)
        exchange.permit = call.permit = _permit(exchange, key)
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
    _require_usable(key, exchange.at)
    return key


def _is_key_id(text: str) -> bool:
    return text.startswith("k_") and len(text) <= 24 and text.isascii()


def _base(exchange: Exchange, signed: SignatureInput) -> bytes:
    try:
        return profile.request_base(
            signed, method=exchange.method, authority=exchange.authority, path=exchange.path,
            query=exchange.query, content_digest=exchange.header("CONTENT_DIGEST"),
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
        permit = directory.permit_for(
            key.client, operation.service, environment, exchange.at,
            scope=operation.scope, address=exchange.address,
        )  # fmt: skip
    else:
        permit = _any_permit(key, environment, exchange)
    is_production = environment == Environment.PRODUCTION
    if is_production and operation.service and permit.level == Level.A2 and key.sign is not None:
        raise GatewayRefused(errors.LEVEL_INSUFFICIENT)
    return permit


def _any_permit(key: KeyRecord, environment: str, exchange: Exchange) -> Permit:
    refusal = GatewayRefused(errors.SCOPE_DENIED)
    for service in key.client.permits:
        try:
            return directory.permit_for(
                key.client, service, environment, exchange.at, address=exchange.address
            )
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
