"""What a claim costs through the service, against the same rows written as bare SQL by psycopg, and
its growth from a pool of fifty thousand coupons to one of five million.

Four processes claim at once, one after the other the service, the bare statements and the service
on the large pool, three times over. The claimers share one core, their server processes the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import psutil
from django.db import connection, connections
from django_tenants.utils import tenant_context

from benchmarks import coupon_stock
from benchmarks.harness import Wanted
from tenants.models import Bank
from tenants.services import provision_bank

WANTED = {
    "coupon_claims.vs_bare_sql": Wanted(at_least=0.5),
    "coupon_claims.cost_growth_50k_to_5m": Wanted(at_most=1.3),
}
SMALL, LARGE = 50_000, 5_000_000
ROUNDS, PROCESSES, CLAIMS = 3, 4, 1000
CLIENT_CORE, SERVER_CORE = 0, 1
WORKER = "benchmarks.peers.claimer"


class Run(NamedTuple):
    # Claims per second of all processes together.
    rate: float
    # Milliseconds of each claim.
    times: list[float]


def figures() -> dict[str, float]:
    runs: dict[str, list[Run]] = defaultdict(list)
    with _environment():
        small, large = _bank("small", SMALL), _bank("large", LARGE)
        connection.set_schema_to_public()
        for number in range(ROUNDS):
            runs["service"].append(_run(small, "service", number))
            runs["bare"].append(_run(small, "bare", number))
            runs["large"].append(_run(large, "service", number))
    rates = {name: median(run.rate for run in found) for name, found in runs.items()}
    return {
        "coupon_claims.vs_bare_sql": rates["service"] / rates["bare"],
        "coupon_claims.cost_growth_50k_to_5m": rates["service"] / rates["large"],
        "coupon_claims.p99_ms": _p99(runs["service"]),
        "coupon_claims.per_second": rates["service"],
    }


@contextmanager
def _environment() -> Iterator[None]:
    """The processes work on this benchmark's database."""
    before = os.environ["DATABASE_URL"]
    name = quote(str(connections.settings["default"]["NAME"]))
    os.environ["DATABASE_URL"] = urlsplit(before)._replace(path=f"/{name}").geturl()
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = before


def _bank(slug: str, coupons: int) -> Bank:
    bank = provision_bank(slug=slug, name=slug)
    with tenant_context(bank):
        template = coupon_stock.live_template("POOL")
        coupon_stock.fill(template, coupons)
    return bank


def _run(bank: Bank, way: str, number: int) -> Run:
    """Raises when a claim fails: a refusal here is an error of the benchmark."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", WORKER, bank.schema_name, way, f"{number}-{place}", str(CLAIMS)],
            cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )
        for place in range(PROCESSES)
    ]  # fmt: skip
    try:
        return _measured(workers)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _measured(workers: list[subprocess.Popen[str]]) -> Run:
    for worker in workers:
        _pin(worker.pid, CLIENT_CORE)
        _pin(int(_line(worker)), SERVER_CORE)
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    found = [json.loads(_line(worker)) for worker in workers]
    began, ended = min(each["began"] for each in found), max(each["ended"] for each in found)
    times = [time for each in found for time in each["times"]]
    return Run(len(times) / (ended - began), times)


def _line(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError("A claimer has failed; its own words stand above.")
    return line


def _pin(pid: int, core: int) -> None:
    """Where we may: another user's server, or one on another machine, stays as it is."""
    try:
        psutil.Process(pid).cpu_affinity([core])
    except (psutil.Error, OSError, ValueError):
        return


def _p99(runs: list[Run]) -> float:
    times = sorted(time for run in runs for time in run.times)
    return times[len(times) * 99 // 100]
