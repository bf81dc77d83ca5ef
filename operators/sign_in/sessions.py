"""What a console session remembers, and how it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from audit.services import record
from operators import events
from operators.models import Operator
from operators.sign_in import second_factor

_SIGNED_IN_AT = "signed_in_at"
_LAST_ACTIVE_AT = "last_active_at"
_SECOND_FACTOR = "second_factor"
# How exactly idleness is measured; every write of a session is a row version.
_PRECISION = timedelta(minutes=1)


class End(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed_out"
    IDLE = "idle"
    TOO_LONG = "too_long"


class Step(StrEnum):
    """What still stands between a session and the console, as far as the second factor goes."""

    NONE = ""
    VERIFY = "verify"
    ENROL = "enrol"


def start(request: HttpRequest, operator: Operator, at: datetime) -> None:
    """At the first request. A changed second factor ends sessions, so what is noted stays true."""
    request.session[_SIGNED_IN_AT] = request.session[_LAST_ACTIVE_AT] = int(at.timestamp())
    request.session[_SECOND_FACTOR] = str(_step_of(operator))


def refresh_step(request: HttpRequest, operator: Operator) -> None:
    request.session[_SECOND_FACTOR] = str(_step_of(operator))


def is_started(request: HttpRequest) -> bool:
    return _SIGNED_IN_AT in request.session


def step(request: HttpRequest) -> Step:
    return Step(request.session.get(_SECOND_FACTOR, ""))


def why_over(request: HttpRequest, at: datetime) -> End | None:
    now = int(at.timestamp())
    if now - request.session[_SIGNED_IN_AT] >= settings.SESSION_MAX_HOURS * 3600:
        return End.TOO_LONG
    if now - request.session[_LAST_ACTIVE_AT] >= settings.SESSION_IDLE_MINUTES * 60:
        return End.IDLE
    return None


def touch(request: HttpRequest, at: datetime) -> None:
    now = int(at.timestamp())
    if now - request.session[_LAST_ACTIVE_AT] >= _PRECISION.total_seconds():
        request.session[_LAST_ACTIVE_AT] = now


def end(request: HttpRequest, why: End = End.SIGNED_OUT) -> None:
    operator = request.user
    if operator.is_authenticated:
        with transaction.atomic():
            record(
                events.SIGNED_OUT,
                actor=operator,
                target=operator,  # type: ignore[arg-type]
                after={"why": str(why)},
                at=timezone.now(),
            )
    logout(request)


def _step_of(operator: Operator) -> Step:
    if second_factor.is_enrolled(operator):
        return Step.VERIFY
    return Step.ENROL if second_factor.is_required(operator) else Step.NONE
