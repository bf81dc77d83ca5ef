"""The circuit breaker of a vendor in one environment, one for all processes.

closed → open for 2, 4, 8 … 60 seconds → half open with one probe in the installation → closed. All
that it remembers is one hash in Redis; both scripts take the time from Redis. What operators force
lies in the database and is handed in.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from openapi_gateway.choices import Environment
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.redis_clients import redis_of
from openapi_gateway.upstream.choices import BreakerState, Force
from openapi_gateway.upstream.errors import CIRCUIT_OPEN, UpstreamFailed

logger = logging.getLogger(__name__)

PREFIX = "gw:breaker:"
WINDOW_SECONDS = 10
# Fewer calls than this in the window say nothing.
MIN_SAMPLES = 5
ERROR_PERCENT = 50
FIRST_OPEN_MS, MAX_OPEN_MS = 2_000, 60_000
# A prober that died without telling is waited for no longer than its budget and this.
PROBE_GRACE_MS = 2_000
RETRY_SECONDS = 2
KEPT_MS = 86_400_000

# KEYS: breaker; ARGV: token of the probe, milliseconds it may take.
# → "go" | "probe" | "stop", generation, milliseconds to wait.
ASK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'state', 'until', 'probe_until', 'generation')
local state, generation = kept[1] or 'closed', kept[4] or '0'
if state == 'closed' then return {'go', generation, 0} end
local wait = tonumber(state == 'open' and kept[2] or kept[3]) - now
if wait > 0 then return {'stop', generation, wait} end
redis.call('HSET', KEYS[1], 'state', 'half_open', 'probe', ARGV[1], 'probe_until', now + ARGV[2])
return {'probe', generation, 0}
"""

# KEYS: breaker; ARGV: token ('' = an ordinary call), generation, outcome (ok | bad | none),
# samples needed, percent, first and longest opening in ms, window in s, ms to keep the hash.
# → the state afterwards, and 1 if this call changed it.
TELL = """
local time = redis.call('TIME')
local second = tonumber(time[1])
local now = second * 1000 + math.floor(time[2] / 1000)
local key, token, outcome = KEYS[1], ARGV[1], ARGV[3]
local kept = redis.call('HMGET', key, 'state', 'generation', 'probe', 'openings')
local state, generation = kept[1] or 'closed', kept[2] or '0'
local window = tonumber(ARGV[8])

local function open(openings)
  local length = math.min(ARGV[6] * 2 ^ openings, tonumber(ARGV[7]))
  redis.call('HSET', key, 'state', 'open', 'until', now + length, 'openings', openings)
  redis.call('PEXPIRE', key, ARGV[9])
  return {'open', 1}
end

if token ~= '' then
  if state ~= 'half_open' or kept[3] ~= token then return {state, 0} end
  if outcome == 'bad' then return open(tonumber(kept[4] or '0') + 1) end
  if outcome == 'none' then
    redis.call('HSET', key, 'probe_until', now)
    return {state, 0}
  end
  redis.call('DEL', key)
  redis.call('HSET', key, 'state', 'closed', 'generation', generation + 1)
  redis.call('PEXPIRE', key, ARGV[9])
  return {'closed', 1}
end
if state ~= 'closed' or generation ~= ARGV[2] or outcome == 'none' then return {state, 0} end

local slot = 'slot' .. second % window
local of, good, bad = string.match(redis.call('HGET', key, slot) or '', '(%d+) (%d+) (%d+)')
if tonumber(of) ~= second then good, bad = 0, 0 end
if outcome == 'ok' then good = good + 1 else bad = bad + 1 end
redis.call('HSET', key, slot, string.format('%d %d %d', second, good, bad))
redis.call('PEXPIRE', key, ARGV[9])
if outcome == 'ok' then return {state, 0} end

local total, failed = 0, 0
for number = 0, window - 1 do
  of, good, bad = string.match(redis.call('HGET', key, 'slot' .. number) or '', '(%d+) (%d+) (%d+)')
  if of and tonumber(of) > second - window then
    total, failed = total + good + bad, failed + bad
  end
end
if total >= tonumber(ARGV[4]) and failed * 100 >= total * ARGV[5] then return open(0) end
return {state, 0}
"""


@dataclass(frozen=True, slots=True)
class Permit:
    key: str
    generation: str
    # Of the one probe; empty for ordinary calls.
    token: str = ""
    # The breaker is not asked, and is told nothing.
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """For people to look at."""

    state: BreakerState
    calls: int = 0
    failures: int = 0
    seconds_left: int = 0


@contextmanager
def guarded(vendor: str, environment: str, forced: str, budget_seconds: float) -> Iterator[None]:
    """Around one exchange: refuses with UP.CIRCUIT_OPEN, and learns from how it went."""
    permit = ask(vendor, environment, forced, budget_seconds)
    outcome = "none"
    try:
        yield
        outcome = "ok"
    except UpstreamFailed as error:
        outcome = "bad" if error.is_fault else "none"
        raise
    except GatewayRefused:
        outcome = "ok"
        raise
    finally:
        tell(permit, outcome)


def ask(vendor: str, environment: str, forced: str, budget_seconds: float) -> Permit:
    key = _key(vendor, environment)
    if forced == Force.OPEN:
        raise _stopped(RETRY_SECONDS)
    if forced == Force.CLOSED:
        return Permit(key, "", is_forced=True)
    token = secrets.token_hex(8)
    try:
        answer: Any = _scripts(settings.REDIS_URL)[0](
            keys=[key], args=[token, int(budget_seconds * 1000) + PROBE_GRACE_MS]
        )
    except RedisError:
        return _without_redis(key, environment)
    verdict, generation, wait = answer
    if verdict == b"stop":
        raise _stopped(wait / 1000)
    return Permit(key, generation.decode(), token if verdict == b"probe" else "")


def tell(permit: Permit, outcome: str) -> None:
    if permit.is_forced:
        return
    limits = [MIN_SAMPLES, ERROR_PERCENT, FIRST_OPEN_MS, MAX_OPEN_MS, WINDOW_SECONDS, KEPT_MS]
    try:
        answer: Any = _scripts(settings.REDIS_URL)[1](
            keys=[permit.key], args=[permit.token, permit.generation, outcome, *limits]
        )
    except RedisError:
        return
    state, has_changed = answer
    if has_changed:
        logger.warning("upstream.breaker breaker=%s state=%s", permit.key, state.decode())


def look(vendor: str, environment: str) -> Sight:
    try:
        kept: Any = redis_of(settings.REDIS_URL).hgetall(_key(vendor, environment))
        seconds, micros = redis_of(settings.REDIS_URL).time()  # type: ignore[misc]
    except RedisError:
        return Sight(BreakerState.UNKNOWN)
    state = BreakerState(kept.get(b"state", b"closed").decode())
    slots = [value.split() for name, value in kept.items() if name.startswith(b"slot")]
    fresh = [slot for slot in slots if int(slot[0]) > seconds - WINDOW_SECONDS]
    good, bad = (sum(int(slot[place]) for slot in fresh) for place in (1, 2))
    left = int(float(kept.get(b"until", 0))) / 1000 - seconds - micros / 1e6
    waits = state is BreakerState.OPEN and left > 0
    return Sight(state, good + bad, bad, round(left) if waits else 0)


def forget(vendor: str, environment: str) -> None:
    """Begin anew: when an operator gives the breaker back to itself."""
    try:
        redis_of(settings.REDIS_URL).delete(_key(vendor, environment))
    except RedisError:
        logger.warning("upstream.breaker_not_forgotten vendor=%s", vendor)


def _without_redis(key: str, environment: str) -> Permit:
    """Nobody can say how the vendor is: production stops, the sandbox goes on."""
    if environment == Environment.PRODUCTION:
        raise _stopped(RETRY_SECONDS)
    return Permit(key, "", is_forced=True)


def _stopped(seconds: float) -> UpstreamFailed:
    return UpstreamFailed(CIRCUIT_OPEN, is_fault=False, retry_after=seconds)


def _key(vendor: str, environment: str) -> str:
    return f"{PREFIX}{vendor}:{environment}"


@lru_cache(maxsize=2)
def _scripts(url: str) -> tuple[Any, Any]:
    server = redis_of(url)
    return server.register_script(ASK), server.register_script(TELL)
