"""Whether a call whose signature holds may go on: nonce, rates, quotas and the durable mark of the
call log, in one round trip to Redis."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from django.conf import settings

from openapi_gateway import errors
from openapi_gateway.changes import EPOCHS
from openapi_gateway.credentials.records import Limits
from openapi_gateway.errors import GatewayRefused, NotSigned
from openapi_gateway.limits.connections import Script
from openapi_gateway.limits.quotas import DAY_SECONDS, MONTH_SECONDS, counter_names, day_of
from openapi_gateway.signing.profile import NONCE_SECONDS

STREAM = "gw:calls"
# All clients of a bank together.
BANK_RATE = settings.BANK_CALLS_PER_SECOND
BANK_BURST = 2 * BANK_RATE
SECOND = 1_000_000
_SCRIPT = Script((Path(__file__).parent / "admission.lua").read_text())
_NONCE_MS = NONCE_SECONDS * 1000


class Verdict(IntEnum):
    ADMITTED = 0
    STALE = 1
    REPLAYED = 2
    CLIENT_RATE = 3
    BANK_RATE = 4
    DAY_QUOTA = 5
    MONTH_QUOTA = 6


class Stale(Exception):
    """What this process remembers of the client is old: read again and come back."""


@dataclass(frozen=True, slots=True)
class Asking:
    app_id: str
    epoch: str
    environment: str
    bank_id: int
    service: str
    limits: Limits
    key_id: str
    nonce: str
    request_id: str
    at: float
    # For the call log, before the answer; empty = the log may follow later.
    mark: bytes
    # Key of a record that the operation wants to see.
    look_up: str


def admit(asking: Asking) -> bytes | None:
    """The record looked up, if any. Raises ``Stale``, ``GatewayRefused`` (replayed, a limit), or
    ``connections.Away``."""
    rates = _rates(asking.limits)
    day = day_of(asking.at)
    place = _place(asking.app_id, asking.environment, asking.service, asking.bank_id, day)
    verdict, number, record = _SCRIPT.run(
        8,
        nonce_name(asking.key_id, asking.nonce), EPOCHS, *place, STREAM, asking.look_up or STREAM,
        asking.app_id, asking.epoch, asking.request_id, _NONCE_MS, *rates[:4],
        rates[4], DAY_SECONDS, rates[5], MONTH_SECONDS,
        asking.mark, "1" if asking.look_up else "0",
    )  # fmt: skip
    if verdict == Verdict.ADMITTED:
        return record or None
    if verdict == Verdict.STALE:
        raise Stale
    if verdict == Verdict.REPLAYED:
        raise NotSigned(errors.SIG_NONCE)
    raise _limit_reached(Verdict(verdict), number, asking)


def nonce_name(key_id: str, nonce: str) -> str:
    """Nonces belong to a key: two clients may choose the same."""
    return f"gw:n:{key_id}:{blake2b(nonce.encode(), digest_size=12).hexdigest()}"


@lru_cache(maxsize=512)
def _rates(limits: Limits) -> tuple[int, int, int, int, int, int]:
    """Microseconds per call and of burst, of the client and of the bank; the quotas."""
    interval = SECOND // limits.rate_per_second if limits.rate_per_second else 0
    bank = SECOND // BANK_RATE
    return (
        interval, interval * max(1, limits.burst), bank, bank * BANK_BURST,
        limits.day_quota, limits.month_quota,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _place(
    app_id: str, environment: str, service: str, bank_id: int, day: str
) -> tuple[str, str, str, str]:
    names = counter_names(app_id, environment, service, day)
    return (f"gw:r:{app_id}:{environment}:{service}", f"gw:rb:{bank_id}:{environment}", *names)


POLICIES = {
    Verdict.CLIENT_RATE: "client-rate", Verdict.BANK_RATE: "bank-rate",
    Verdict.DAY_QUOTA: "day-quota", Verdict.MONTH_QUOTA: "month-quota",
}  # fmt: skip


def _limit_reached(verdict: Verdict, microseconds: int, asking: Asking) -> GatewayRefused:
    seconds = _seconds_to_wait(verdict, microseconds, asking.at)
    policy, limits = POLICIES[verdict], asking.limits
    amounts = {
        Verdict.CLIENT_RATE: (limits.rate_per_second, 1), Verdict.BANK_RATE: (BANK_RATE, 1),
        Verdict.DAY_QUOTA: (limits.day_quota, 86_400),
        Verdict.MONTH_QUOTA: (limits.month_quota, 2_592_000),
    }  # fmt: skip
    amount, window = amounts[verdict]
    facts: dict[str, Any] = {"violated-policies": [policy]}
    return GatewayRefused(
        errors.QUOTA,
        headers={
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"{policy}";q={amount};w={window}',
            "RateLimit": f'"{policy}";r=0;t={seconds}',
        },
        **facts,
    )


def _seconds_to_wait(verdict: Verdict, microseconds: int, at: float) -> int:
    if verdict in (Verdict.CLIENT_RATE, Verdict.BANK_RATE):
        return max(1, -(-microseconds // SECOND))
    midnight = 86_400 - int(at + 8 * 3600) % 86_400
    if verdict == Verdict.DAY_QUOTA:
        return midnight
    day = day_of(at)
    later, days = at, 0
    while day_of(later)[:6] == day[:6]:
        later, days = later + 86_400, days + 1
    return midnight + (days - 1) * 86_400
