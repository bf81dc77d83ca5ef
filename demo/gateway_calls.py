"""Thirty days of calls of the demo banks' clients, taken in as the drain takes them in."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import redis
from django.conf import settings

from openapi_gateway.choices import Environment
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.limits.quotas import DAY_SECONDS, MONTH_SECONDS, counter_names, day_of
from openapi_gateway.metering.models import CallLog
from openapi_gateway.metering.months import day_of as shanghai_day
from openapi_gateway.metering.months import midnight
from openapi_gateway.metering.quota_view import Place, open_places
from openapi_gateway.metering.storing import take_in
from openapi_gateway.metering.wire import Finished
from openapi_gateway.routes import OPERATIONS
from tenants.models import Bank
from tenants.search_path import on_public

DAYS = 30
CALLS_A_DAY = {Environment.PRODUCTION: 14, Environment.SANDBOX: 3}
# By hour of Shanghai.
HOURS = (2, 1, 1, 1, 1, 2, 5, 10, 22, 34, 38, 33, 26, 24, 30, 34, 32, 26, 20, 18, 16, 12, 8, 4)
# code, status, weight, billable
REFUSALS = (
    ("GW.SIG.EXPIRED", 401, 10), ("GW.REQ.SCHEMA", 400, 9), ("GW.SIG.INVALID", 401, 6),
    ("GW.RES.NOT_FOUND", 404, 6), ("GW.LIMIT.QUOTA", 429, 5), ("GW.IDEM.REUSED", 422, 3),
    ("GW.SCOPE.DENIED", 403, 3), ("GW.SERVER.ERROR", 500, 2), ("GW.DEP.UNAVAILABLE", 503, 1),
)  # fmt: skip
REFUSED_PERCENT = 5
MEDIAN_US = {"identity": 6_000, "liveness": 190_000, "keyboard": 14_000}
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def fill_calls(bank: Bank, at: datetime) -> int:
    """How many calls; none when the bank has some."""
    with on_public():
        if CallLog.objects.filter(bank_id=bank.pk).exists():
            return 0
        places = [*open_places(at, bank.pk)]
        if not places:
            return 0
        chance = random.Random(bank.slug)  # noqa: S311  the same figures in every demo
        calls = sorted(_calls(places, _keys(bank), at, chance), key=lambda call: call.at_ms)
        _count(calls, at)
        return take_in(calls, at)


def fill_everywhere(at: datetime) -> int:
    with on_public():
        banks = Bank.objects.filter(pk__in=Client.objects.values("bank_id"))
        return sum(fill_calls(bank, at) for bank in banks)


def _keys(bank: Bank) -> dict[tuple[str, str], str]:
    rows = Key.objects.filter(client__bank_id=bank.pk, state__in=KeyState.usable())
    return {
        (app_id, environment): key_id
        for app_id, environment, key_id in rows.values_list(
            "client__app_id", "environment", "key_id"
        )
    }


def _calls(
    places: Iterable[Place], keys: dict[tuple[str, str], str], at: datetime, chance: random.Random
) -> Iterator[Finished]:
    names = {place.service: _operations(place.service) for place in places}
    for place in places:
        key_id = keys.get((place.app_id, place.environment), "")
        for day in range(DAYS):
            busy = CALLS_A_DAY[Environment(place.environment)] * (0.6 + chance.random())
            for _ in range(round(busy)):
                moment = _moment(at - timedelta(days=day), chance)
                if moment < at and names[place.service]:
                    yield _call(place, names[place.service], key_id, moment, chance)


def _operations(service: str) -> list[str]:
    """The first ones are called most."""
    found = [each.name for each in OPERATIONS if each.service == service]
    return [name for number, name in enumerate(found) for _ in range(max(1, 6 - 2 * number))]


def _moment(day: datetime, chance: random.Random) -> datetime:
    hour = chance.choices(range(24), HOURS)[0]
    second, millisecond = chance.randrange(3600), chance.randrange(1000)
    return midnight(shanghai_day(day)) + timedelta(
        hours=hour, seconds=second, milliseconds=millisecond
    )


def _call(
    place: Place, operations: list[str], key_id: str, at: datetime, chance: random.Random
) -> Finished:
    status, code, latency = 200, "ok", MEDIAN_US.get(place.service, 5_000)
    latency = round(latency * chance.lognormvariate(0, 0.45))
    if chance.randrange(100) < REFUSED_PERCENT:
        code, status, _weight = chance.choices(REFUSALS, [each[2] for each in REFUSALS])[0]
        latency = chance.randrange(400, 2_500) if status < 500 else latency * 6
    milliseconds = round(at.timestamp() * 1000)
    return Finished(
        _request_id(milliseconds, chance), milliseconds, place.bank_id, place.app_id, key_id,
        place.environment, chance.choice(operations), place.service, status, code, latency,
        status == 200 and place.environment == Environment.PRODUCTION,
        f"203.0.113.{chance.randrange(2, 30)}",
        f"o_{''.join(chance.choices(ALPHABET.lower(), k=6))}",
    )  # fmt: skip


def _request_id(milliseconds: int, chance: random.Random) -> str:
    """As the gateway makes them: ten characters of time, sixteen of chance."""
    time = "".join(ALPHABET[milliseconds >> shift & 31] for shift in range(45, -1, -5))
    return f"req_{time}{''.join(chance.choices(ALPHABET, k=16))}"


def _count(calls: list[Finished], at: datetime) -> None:
    """Into the counters of the quotas, where the admission would have counted them."""
    counts: Counter[str] = Counter()
    today = day_of(at.timestamp())
    for call in calls:
        day = day_of(call.at_ms / 1000)
        names = counter_names(call.app_id, call.environment, call.service, day)
        counts[names[0]] += day == today
        counts[names[1]] += day[:6] == today[:6]
    with redis.Redis.from_url(settings.REDIS_URL) as server, server.pipeline() as pipe:
        for name, count in counts.items():
            seconds = DAY_SECONDS if name.endswith(today) else MONTH_SECONDS
            if count:
                pipe.set(name, count, ex=seconds, nx=True)
        pipe.execute()
