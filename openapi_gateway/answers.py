"""Idempotency of calls that change something: one answer per key of a client, kept for a day.

A refusal that the same call would meet again is kept, too; a failure of ours or of an upstream
system is not, so that the call may come again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection
from django_tenants.utils import tenant_context

from openapi_gateway import errors
from openapi_gateway.calls import Call
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.models import KeptAnswer
from tenants.encryption import Cipher
from tenants.platform import PLATFORM

KEPT = timedelta(hours=24)
RUNS_AT_MOST = timedelta(seconds=60)
MAX_KEY = 100
PURPOSE = "gateway answer"
_CLAIM = """
    INSERT INTO public.gateway_keptanswer
        (app_id, environment, key, fingerprint, status, outcome, created_at, running_until)
    VALUES (%s, %s, %s, %s, 0, '', %s, %s)
    ON CONFLICT (app_id, environment, key) DO NOTHING
    RETURNING id
"""


class Kept:
    """A body as it was sent, with its status and outcome."""

    def __init__(self, status: int, body: bytes, outcome: str) -> None:
        self.status, self.body, self.outcome = status, body, outcome


def require_key(key: str) -> None:
    if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise GatewayRefused(errors.IDEM_MISSING)


def claim(call: Call) -> int | Kept:
    """The id of a row that is ours to answer, or the answer that there is."""
    assert call.client is not None
    until, fingerprint = call.at + RUNS_AT_MOST, _fingerprint(call)
    place = (call.client.app_id, call.environment, call.idempotency_key)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [*place, fingerprint, call.at, until])
        if row := cursor.fetchone():
            return int(row[0])
    known = _known(place)
    if known is None:  # it was given up a moment ago
        return claim(call)
    return _settled(known, fingerprint, call.at)


def _known(place: tuple[str, str, str]) -> KeptAnswer | None:
    app_id, environment, key = place
    return KeptAnswer.objects.filter(app_id=app_id, environment=environment, key=key).first()


def _settled(known: KeptAnswer, fingerprint: str, at: datetime) -> int | Kept:
    is_over = known.created_at + KEPT <= at and known.status
    if is_over or (known.status == 0 and known.running_until <= at):
        return _taken_over(known, fingerprint, at)
    if known.fingerprint != fingerprint:
        raise GatewayRefused(errors.IDEM_REUSED)
    if known.status == 0:
        raise GatewayRefused(errors.IDEM_IN_PROGRESS, headers={"Retry-After": "1"})
    body = _cipher().decrypt(bytes(known.body or b""), _bound_to(known.pk))
    return Kept(known.status, body, known.outcome)


def _taken_over(known: KeptAnswer, fingerprint: str, at: datetime) -> int:
    rows = KeptAnswer.objects.filter(
        pk=known.pk, status=known.status, running_until=known.running_until
    )
    taken = rows.update(
        status=0, body=None, outcome="", fingerprint=fingerprint, created_at=at,
        running_until=at + RUNS_AT_MOST,
    )  # fmt: skip
    if not taken:
        raise GatewayRefused(errors.IDEM_IN_PROGRESS, headers={"Retry-After": "1"})
    return known.pk


def keep(row_id: int, kept: Kept) -> None:
    body = _cipher().encrypt(kept.body, _bound_to(row_id))
    KeptAnswer.objects.filter(pk=row_id, status=0).update(
        status=kept.status, body=body, outcome=kept.outcome
    )


def give_up(row_id: int) -> None:
    KeptAnswer.objects.filter(pk=row_id, status=0).delete()


def purge(at: datetime) -> int:
    """What is a day past its time; how many rows."""
    return KeptAnswer.objects.filter(created_at__lt=at - 2 * KEPT).delete()[0]


def _fingerprint(call: Call) -> str:
    digest = sha256(f"{call.operation.name}\n{dict(call.path)}\n{dict(call.query)}\n".encode())
    digest.update(call.raw)
    return digest.hexdigest()


def _bound_to(row_id: int) -> bytes:
    return str(row_id).encode()


def _cipher() -> Cipher:
    with tenant_context(PLATFORM):
        return Cipher(PURPOSE)
