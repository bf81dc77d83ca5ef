"""The breaker on the real Redis: its states, and one probe only among all processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import pytest
from django.conf import settings

from openapi_gateway.upstream import breaker
from openapi_gateway.upstream.breaker import Permit, ask, guarded, look, tell
from openapi_gateway.upstream.choices import BreakerState
from openapi_gateway.upstream.errors import BAD_RESPONSE, UpstreamFailed

BUDGET = 0.5
FIRST_OPEN = 0.3


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> str:
    """Of its own, and impatient: the same states within fractions of a second."""
    monkeypatch.setattr(breaker, "FIRST_OPEN_MS", int(FIRST_OPEN * 1000))
    monkeypatch.setattr(breaker, "MAX_OPEN_MS", int(FIRST_OPEN * 3000))
    monkeypatch.setattr(breaker, "PROBE_GRACE_MS", 0)
    return f"v{token_hex(6)}"


def fail(vendor: str, times: int, environment: str = "sandbox") -> None:
    for _ in range(times):
        tell(ask(vendor, environment, "", BUDGET), "bad")


def stopped(vendor: str, environment: str = "sandbox", forced: str = "") -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as caught:
        ask(vendor, environment, forced, BUDGET)
    return caught.value


def wait_until_open_is_over(vendor: str) -> Permit:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            return ask(vendor, "sandbox", "", BUDGET)
        except UpstreamFailed:
            time.sleep(0.02)
    raise AssertionError("It stays open.")


def test_it_opens_when_half_of_at_least_five_calls_fail(vendor: str) -> None:
    for outcome in ("ok", "ok", "bad", "bad"):
        tell(ask(vendor, "sandbox", "", BUDGET), outcome)
    assert look(vendor, "sandbox").state is BreakerState.CLOSED

    fail(vendor, 1)

    refusal = stopped(vendor)
    assert (refusal.problem.code, refusal.http_status) == ("UP.CIRCUIT_OPEN", 503)
    assert int(refusal.headers["Retry-After"]) >= 1
    assert look(vendor, "sandbox").state is BreakerState.OPEN


def test_few_failures_among_many_calls_leave_it_closed(vendor: str) -> None:
    for number in range(30):
        tell(ask(vendor, "sandbox", "", BUDGET), "bad" if number % 3 == 0 else "ok")

    assert look(vendor, "sandbox").state is BreakerState.CLOSED
    assert (look(vendor, "sandbox").calls, look(vendor, "sandbox").failures) == (30, 10)


def test_each_vendor_and_environment_has_its_own(vendor: str) -> None:
    fail(vendor, 5)

    stopped(vendor)
    ask(vendor, "production", "", BUDGET)
    ask(f"{vendor}b", "sandbox", "", BUDGET)


def test_after_a_while_one_probe_goes_out_and_success_closes(vendor: str) -> None:
    fail(vendor, 5)
    probe = wait_until_open_is_over(vendor)

    assert probe.token
    assert look(vendor, "sandbox").state is BreakerState.HALF_OPEN
    stopped(vendor)
    tell(probe, "ok")
    assert look(vendor, "sandbox").state is BreakerState.CLOSED
    assert not ask(vendor, "sandbox", "", BUDGET).token


def test_each_failed_probe_doubles_the_time_up_to_the_longest(vendor: str) -> None:
    fail(vendor, 5)
    waits = []
    for _ in range(5):
        kept = breaker.redis_of(settings.REDIS_URL).hgetall(f"{breaker.PREFIX}{vendor}:sandbox")
        waits.append(2 ** int(kept[b"openings"]))
        tell(wait_until_open_is_over(vendor), "bad")

    assert waits == [1, 2, 4, 8, 16]
    # 0.3 s · 2^5 would be 9.6 s: the longest is three times the first here.
    assert stopped(vendor).headers["Retry-After"] == "1"


def test_a_prober_that_never_tells_is_replaced(vendor: str) -> None:
    fail(vendor, 5)
    lost = wait_until_open_is_over(vendor)
    found = wait_until_open_is_over(vendor)

    assert found.token not in ("", lost.token)
    tell(lost, "bad")  # too late: another one probes
    tell(found, "ok")
    assert look(vendor, "sandbox").state is BreakerState.CLOSED


def test_a_probe_that_said_nothing_of_the_vendor_leaves_room_for_another(vendor: str) -> None:
    fail(vendor, 5)
    tell(wait_until_open_is_over(vendor), "none")

    assert ask(vendor, "sandbox", "", BUDGET).token


def test_calls_begun_before_it_opened_count_for_nothing_afterwards(vendor: str) -> None:
    old = [ask(vendor, "sandbox", "", BUDGET) for _ in range(10)]
    fail(vendor, 5)
    tell(wait_until_open_is_over(vendor), "ok")
    for permit in old:
        tell(permit, "bad")

    assert look(vendor, "sandbox").state is BreakerState.CLOSED
    assert look(vendor, "sandbox").calls == 0


def test_old_failures_leave_the_window(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "WINDOW_SECONDS", 1)
    fail(vendor, 4)
    time.sleep(2.1)
    fail(vendor, 1)

    assert look(vendor, "sandbox").state is BreakerState.CLOSED


def test_a_block_that_raises_something_else_frees_the_probe(vendor: str) -> None:
    fail(vendor, 5)
    wait_until_open_is_over(vendor)  # and that one dies
    time.sleep(BUDGET)
    with pytest.raises(ZeroDivisionError), guarded(vendor, "sandbox", "", BUDGET):
        _ = 1 // 0

    with guarded(vendor, "sandbox", "", BUDGET):
        pass
    assert look(vendor, "sandbox").state is BreakerState.CLOSED


def test_faults_inside_a_block_open_it_and_refusals_do_not(vendor: str) -> None:
    for is_fault in (False, True):
        for _ in range(6):
            with pytest.raises(UpstreamFailed), guarded(vendor, "sandbox", "", BUDGET):
                raise UpstreamFailed(BAD_RESPONSE, is_fault=is_fault)
        assert (look(vendor, "sandbox").state is BreakerState.OPEN) is is_fault


def test_operators_force_it_both_ways(vendor: str) -> None:
    assert stopped(vendor, forced="open").problem.code == "UP.CIRCUIT_OPEN"
    fail(vendor, 5)
    permit = ask(vendor, "sandbox", "closed", BUDGET)
    tell(permit, "bad")

    assert permit.is_forced


def test_without_redis_production_stops_and_the_sandbox_goes_on(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")

    assert stopped(vendor, "production").problem.code == "UP.CIRCUIT_OPEN"
    tell(ask(vendor, "sandbox", "", BUDGET), "bad")
    assert look(vendor, "sandbox").state is BreakerState.UNKNOWN


# --- Many at once ---------------------------------------------------------------------------------
def test_of_fifty_threads_exactly_one_probes(vendor: str) -> None:
    for _ in range(5):
        fail(vendor, 5)
        time.sleep(FIRST_OPEN + 0.05)
        probes = _probes_of_threads(vendor, 50)
        assert len(probes) == 1
        tell(probes[0], "ok")


def _probes_of_threads(vendor: str, count: int) -> list[Permit]:
    ready = threading.Barrier(count, timeout=30)

    def run(_number: int) -> Permit | None:
        ready.wait()
        try:
            return ask(vendor, "sandbox", "", 5)
        except UpstreamFailed:
            return None

    with ThreadPoolExecutor(count) as pool:
        return [permit for permit in pool.map(run, range(count)) if permit]


PROGRAM = """
import sys, time
from openapi_gateway.upstream import breaker
from openapi_gateway.upstream.errors import UpstreamFailed
breaker.PREFIX, vendor = sys.argv[1:]
print("ready", flush=True)
end = float(sys.stdin.readline())
probes = 0
while time.time() < end:
    try:
        probes += bool(breaker.ask(vendor, "sandbox", "", 60).token)
    except UpstreamFailed:
        pass
print(probes)
"""


def test_of_two_processes_that_ask_all_the_time_exactly_one_probes_once(vendor: str) -> None:
    fail(vendor, 5)
    command = [sys.executable, "-c", PROGRAM, breaker.PREFIX, vendor]
    asking = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in asking:
        assert process.stdout.readline() == "ready\n"
    _reopen(vendor)
    for process in asking:
        process.stdin.write(f"{time.time() + 3}\n")
        process.stdin.flush()
    counts = [int(process.communicate(timeout=60)[0]) for process in asking]

    assert sum(counts) == 1


def _reopen(vendor: str) -> None:
    """However long the processes took to start: open until shortly after both ask."""
    redis = breaker.redis_of(settings.REDIS_URL)
    key = f"{breaker.PREFIX}{vendor}:sandbox"
    redis.hset(key, mapping={"state": "open", "until": int((time.time() + 0.4) * 1000)})
