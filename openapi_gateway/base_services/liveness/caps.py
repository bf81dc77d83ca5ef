"""How often one person and one device may try in a day: claimed, never checked and then used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from openapi_gateway.base_services.liveness import errors
from openapi_gateway.base_services.liveness.choices import Counted
from openapi_gateway.base_services.liveness.models import LivenessSession
from openapi_gateway.choices import Environment
from openapi_gateway.errors import GatewayRefused

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A person fails for a reason: after so many attempts the other way serves them better.
PER_DAY = {Counted.SUBJECT: 15, Counted.DEVICE: 30}
# For trying, where no face is real.
PER_DAY_SANDBOX = {Counted.SUBJECT: 1_000, Counted.DEVICE: 2_000}
Place = list[int | str | date]
_CLAIM = """
    INSERT INTO public.gateway_liveness_attemptcount AS counts
        (bank_id, environment, counted, digest, day, used)
    VALUES (%s, %s, %s, %s, %s, 1)
    ON CONFLICT (bank_id, environment, counted, digest, day)
    DO UPDATE SET used = counts.used + 1 WHERE counts.used < %s
    RETURNING counts.used
"""
_GIVE_BACK = """
    UPDATE public.gateway_liveness_attemptcount SET used = used - 1
    WHERE bank_id = %s AND environment = %s AND counted = %s AND digest = %s AND day = %s
        AND used > 0
"""


def claim_attempt(session: LivenessSession, at: datetime) -> None:
    """In the caller's transaction, in one order for everybody: the person, then the device."""
    limits = PER_DAY if session.environment == Environment.PRODUCTION else PER_DAY_SANDBOX
    with connection.cursor() as cursor:
        for counted, place in _places(session, at):
            cursor.execute(_CLAIM, [*place, limits[counted]])
            if cursor.fetchone() is None:
                raise GatewayRefused(errors.RETRY_CAP, per=counted.value)


def give_attempt_back(session: LivenessSession, received_at: datetime) -> None:
    with connection.cursor() as cursor:
        for _counted, place in _places(session, received_at):
            cursor.execute(_GIVE_BACK, place)


def _places(session: LivenessSession, at: datetime) -> Iterator[tuple[Counted, Place]]:
    digests = {Counted.SUBJECT: session.subject, Counted.DEVICE: session.device}
    for counted, digest in digests.items():
        if digest:
            place: Place = [session.bank_id, session.environment, counted.value, digest]
            yield counted, [*place, day_of(at)]


def day_of(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
