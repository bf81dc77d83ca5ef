"""A call of the gateway, from its arrival to its signed answer, in the order in which it is judged:

address → size, verb, type → signature headers → key → environment → key's addresses → signature →
key's state → clock → digest → grant, level, grant's addresses → nonce, rates, quotas and the log's
mark (one script) → schema → idempotency → service → signed answer → log.

Nothing is looked up for a client before its signature holds, and nothing is counted for a call that
is refused before it is admitted.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from audit.context import request_context
from audit.errors import DomainError
from openapi_gateway import answers, errors, reading, replying
from openapi_gateway.callers import admit_server
from openapi_gateway.calls import Call, Caller, Operation
from openapi_gateway.choices import Environment
from openapi_gateway.conformance.watching import note_refusal
from openapi_gateway.errors import GatewayRefused, NotSigned
from openapi_gateway.exchanges import Exchange, finished
from openapi_gateway.limits import abuse
from openapi_gateway.limits.connections import Away
from openapi_gateway.matching import Router
from openapi_gateway.metering import outcomes
from openapi_gateway.replying import Outgoing

logger = logging.getLogger(__name__)


def serve(request: HttpRequest, environment: str, router: Router) -> HttpResponse:
    exchange = Exchange(request, environment)
    with request_context(exchange.request_id, exchange.address or None):
        out = _answered(exchange, request, router)
        return replying.signed(
            out, request_id=exchange.request_id, method=exchange.method, path=exchange.target,
            request=exchange.signed, key=exchange.key,
        )  # fmt: skip


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
        query=_query(exchange, operation),
        raw_query=exchange.query, raw=exchange.body,
        content_type=exchange.content_type, address=exchange.address,
        bearer=_bearer(exchange.authorization), idempotency_key=exchange.idempotency_key,
    )  # fmt: skip
    exchange.call = call
    if operation.caller is Caller.SERVER:
        admit_server(exchange, call)
    else:
        call.digest = exchange.header("CONTENT_DIGEST") or exchange.header("X_CONTENT_SHA256")
        call.body = reading.decode(operation, exchange.body)
    return _handled(call, exchange.language)


# --- What they get -------------------------------------------------------------------------------
def _handled(call: Call, language: str) -> Outgoing:
    operation = call.operation
    if not operation.is_idempotent:
        return replying.outgoing(operation.handler(call))
    answers.require_key(call.idempotency_key)
    claimed = answers.claim(call)
    if isinstance(claimed, answers.Kept):
        kind = replying.PROBLEM if claimed.status >= 400 else replying.JSON
        again = {"Idempotency-Replayed": "true"}
        return Outgoing(claimed.status, claimed.body, kind, claimed.outcome, False, again)
    return _once(call, claimed, language)


def _once(call: Call, row_id: int, language: str) -> Outgoing:
    try:
        out = replying.outgoing(call.operation.handler(call))
    except GatewayRefused as refusal:
        if refusal.http_status >= 500 or refusal.problem.retryable:
            answers.give_up(row_id)
            raise
        out = replying.refused(refusal, call.request_id, language)
    except BaseException:
        answers.give_up(row_id)
        raise
    answers.keep(row_id, answers.Kept(out.status, out.body, out.outcome))
    return out


def _query(exchange: Exchange, operation: Operation) -> dict[str, str]:
    if operation.reads_raw_query or not exchange.query:
        return {}
    return reading.single_query(exchange.query)


def _bearer(authorization: str) -> str:
    scheme, _space, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refused(exchange: Exchange, refusal: GatewayRefused) -> Outgoing:
    if isinstance(refusal, NotSigned):
        abuse.note_refused(exchange.address)
    if exchange.environment == Environment.SANDBOX:
        note_refusal(exchange.path, refusal, exchange.at)
    return replying.refused(refusal, exchange.request_id, exchange.language)


def _log(exchange: Exchange, out: Outgoing) -> None:
    """What is billed, and what no admission has marked, is written before the answer."""
    line = finished(exchange, out.status, out.outcome, out.billable)
    call = exchange.call
    is_phone = call is not None and call.operation.caller is Caller.PHONE
    if out.billable or (is_phone and line.bank_id):
        outcomes.write([line])
    else:
        outcomes.tell(line)
