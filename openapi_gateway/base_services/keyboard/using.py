"""The two uses of what was pressed: a block for the bank's zone key, or a check at the bank's core.

A PIN lives in a bytearray between ``_opened_pin`` and the end of the ``with`` around it; nothing
that could keep it longer (text, bytes, a log line, an exception) is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.views.decorators.debug import sensitive_variables
from msgspec import UNSET

from openapi_gateway import errors as common
from openapi_gateway.base_services.identity.subjects import customer_of
from openapi_gateway.base_services.keyboard import attempts, errors, stash, step_ups
from openapi_gateway.base_services.keyboard.agreement import (
    DoesNotOpen,
    Sealed,
    bound_to,
    from_text,
    open_positions,
)
from openapi_gateway.base_services.keyboard.attempts import Attempt
from openapi_gateway.base_services.keyboard.choices import Purpose, SessionState
from openapi_gateway.base_services.keyboard.messages import (
    Ciphertext,
    Translate,
    Translated,
    Verified,
    Verify,
)
from openapi_gateway.base_services.keyboard.models import PinSession
from openapi_gateway.base_services.keyboard.sessions import (
    client_in,
    digested,
    find_session,
    require_open,
)
from openapi_gateway.base_services.keyboard.weakness import weakness_of
from openapi_gateway.calls import Call, Reply
from openapi_gateway.credentials.records import ClientRecord
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream import core
from openapi_gateway.upstream.core import PinAnswer
from openapi_gateway.upstream.errors import UpstreamFailed
from openapi_gateway.upstream.pin_blocks import (
    BadPan,
    digits_of_reference,
    pan_field,
    wipe,
    wiped,
)
from openapi_gateway.upstream.zone_keys import (
    UnknownZoneKey,
    WrongFormat,
    ZoneKeyName,
    zone_keys,
)

CORE_FORMAT = 4


@sensitive_variables("pin")
def translate(call: Call) -> Reply:
    body: Translate = call.body
    session = find_session(call)
    require_open(session, call.at)
    # What the partner got wrong is said before the one use is spent.
    if session.challenge_id is not None:
        raise GatewayRefused(errors.PURPOSE)
    pan = _pan_of(body)
    name = ZoneKeyName(client_in(call).bank_slug, call.environment, body.target_key_id)
    kcv = _check_value(name, body.format)
    _consume(session, call.at)
    with _ending(session, call.at):
        pin = _opened_pin(session, body.ciphertext)
        with wiped(pin):
            _refuse_weak(session, pin, pan)
            block = zone_keys().seal(name, body.format, pin, pan)
    _end(session, SessionState.TRANSLATED, call.at)
    answer = Translated(block.hex().upper(), body.format, body.target_key_id, kcv)
    return Reply(answer, billable=True)


def verify(call: Call) -> Reply:
    body: Verify = call.body
    session = find_session(call)
    require_open(session, call.at)
    if session.purpose == Purpose.SET:
        raise GatewayRefused(errors.PURPOSE)
    reference = _reference(session, body, client_in(call))
    account = digested(client_in(call), reference)
    if session.account is not None and session.account != account:
        raise GatewayRefused(errors.ACCOUNT)
    attempt = Attempt(session.bank_id, session.environment, account, call.at)
    with transaction.atomic():
        _consume_row(session, call.at)
        used = attempts.claim(attempt)
        if used is None:
            # The session stays open: whoever waits until tomorrow begins another anyway.
            raise _locked(call.at)
    with _ending(session, call.at):
        answer = _asked_core(session, body, reference, client_in(call), attempt)
    return _judged(session, attempt, used, answer)


def _reference(session: PinSession, body: Verify, client: ClientRecord) -> str:
    """In a step-up the person's own number: a partner could name anybody's account otherwise."""
    if (session.challenge_id is None) == (body.account_ref is UNSET):
        raise GatewayRefused(errors.ACCOUNT)
    if body.account_ref is not UNSET:
        return body.account_ref
    number = customer_of(session.openid, client)
    if number is None:
        raise GatewayRefused(common.NOT_FOUND)
    return number


def _asked_core(
    session: PinSession, body: Verify, reference: str, client: ClientRecord, attempt: Attempt
) -> PinAnswer:
    key_id = zone_keys().default_key_id()
    name = ZoneKeyName(client.bank_slug, session.environment, key_id)
    try:
        block = _sealed_for_core(session, body.ciphertext, name, reference)
    except GatewayRefused:
        attempts.give_back(attempt)
        raise
    try:
        return core.verify_pin(
            bank_slug=name.bank_slug, environment=name.environment, account_ref=reference,
            pin_block=block, block_format=CORE_FORMAT, key_id=key_id,
        )  # fmt: skip
    except UpstreamFailed as error:
        # One that may have reached the core may have been an attempt there.
        if not error.was_sent:
            attempts.give_back(attempt)
        raise


@sensitive_variables("pin")
def _sealed_for_core(
    session: PinSession, ciphertext: Ciphertext, name: ZoneKeyName, reference: str
) -> bytes:
    pin = _opened_pin(session, ciphertext)
    with wiped(pin):
        return zone_keys().seal(name, CORE_FORMAT, pin, digits_of_reference(reference))


def _judged(session: PinSession, attempt: Attempt, used: int, answer: PinAnswer) -> Reply:
    left, locked_until = answer.attempts_left, answer.locked_until
    if answer.matched:
        attempts.give_back(attempt)
        _end(session, SessionState.VERIFIED, attempt.at)
        step_ups.settle(session, passed=True, at=attempt.at)
        return Reply(Verified(True, left, locked_until), billable=True)
    _end(session, SessionState.REJECTED, attempt.at, errors.MISMATCH)
    if used >= attempts.PER_DAY:
        ours = attempts.next_day(attempt.at)
        locked_until = max(locked_until, ours) if locked_until else ours
    left = min(left, attempts.PER_DAY - used)
    if left <= 0:
        step_ups.settle(session, passed=False, at=attempt.at)
    reply = Verified(False, left, locked_until)
    return Reply(reply, outcome=errors.MISMATCH, billable=True)


def _locked(at: datetime) -> GatewayRefused:
    until = attempts.next_day(at)
    seconds = str(max(1, int((until - at).total_seconds())))
    return GatewayRefused(
        errors.LOCKED, headers={"Retry-After": seconds}, locked_until=until.isoformat()
    )


# --- Steps of both --------------------------------------------------------------------------------
def _pan_of(body: Translate) -> str:
    if (body.pan == "") == (body.pan_token is UNSET):
        raise GatewayRefused(errors.PAN)
    pan = body.pan if body.pan_token is UNSET else digits_of_reference(body.pan_token)
    try:
        pan_field(pan, body.format)
    except BadPan:
        # Without its cause, which would carry the number into an error's report.
        raise GatewayRefused(errors.PAN) from None
    return pan


def _check_value(name: ZoneKeyName, block_format: int) -> str:
    try:
        return zone_keys().check_value(name, block_format)
    except UnknownZoneKey as error:
        raise GatewayRefused(errors.TARGET_KEY) from error
    except WrongFormat as error:
        raise GatewayRefused(errors.FORMAT) from error


def _consume(session: PinSession, at: datetime) -> None:
    with transaction.atomic():
        _consume_row(session, at)


def _consume_row(session: PinSession, at: datetime) -> None:
    """Of many that come at once, one goes on."""
    rows = PinSession.objects.filter(
        pk=session.pk, state=SessionState.CREATED, expires_at__gt=at
    ).update(state=SessionState.CONSUMED, consumed_at=at)
    if rows != 1:
        raise GatewayRefused(common.CONFLICT)


@sensitive_variables()
def _opened_pin(session: PinSession, ciphertext: Ciphertext) -> bytearray:
    """The digits, for the caller to wipe. What opens them is taken from Redis first."""
    found = stash.take(session.session_id)
    if found is None:
        raise GatewayRefused(common.SESSION_EXPIRED)
    aad = bound_to(
        session_id=session.session_id, app_id=session.app_id,
        server_random=session.server_random, purpose=session.purpose,
    )  # fmt: skip
    try:
        pin = open_positions(found.private_key, _sealed(ciphertext), aad, session.server_random)
    except DoesNotOpen:
        raise GatewayRefused(errors.CIPHERTEXT) from None
    try:
        _to_digits(pin, found.layout, session.length)
    except BaseException:
        wipe(pin)
        raise
    return pin


@sensitive_variables()
def _to_digits(positions: bytearray, layout: bytes, length: int) -> None:
    """In place: no second buffer."""
    if len(positions) != length:
        raise GatewayRefused(errors.LENGTH)
    if any(position >= len(layout) for position in positions):
        raise GatewayRefused(errors.POSITION)
    for at, position in enumerate(positions):
        positions[at] = layout[position]


def _sealed(ciphertext: Ciphertext) -> Sealed:
    parts = (ciphertext.eph_pub, ciphertext.iv, ciphertext.ct, ciphertext.tag)
    return Sealed(*(from_text(part) for part in parts))


@sensitive_variables("pin")
def _refuse_weak(session: PinSession, pin: bytearray, pan: str) -> None:
    if session.purpose != Purpose.SET:
        return
    rule = weakness_of(pin, pan)
    if rule:
        raise GatewayRefused(errors.WEAK, errors=[{"pointer": "/ciphertext", "code": rule}])


@contextmanager
def _ending(session: PinSession, at: datetime) -> Iterator[None]:
    """What does not come to its end is rejected, with the reason: the session stays used."""
    try:
        yield
    except GatewayRefused as error:
        _end(session, SessionState.REJECTED, at, error.problem.code)
        raise
    except Exception:
        _end(session, SessionState.REJECTED, at, common.SERVER_ERROR)
        raise


def _end(session: PinSession, state: SessionState, at: datetime, reason: str = "") -> None:
    PinSession.objects.filter(pk=session.pk, state=SessionState.CONSUMED).update(
        state=state, finished_at=at, reason=reason
    )
