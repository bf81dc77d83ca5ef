"""What a reservation costs through the service, against the very statements that it sends, bare:
the look and the claim, each prepared, by psycopg, with nothing decided in between.

Four processes reserve units of one product at once, one after the other the service, the bare
statements and the service on a product that is sold out, three times over. The buyers share one
core, their server processes the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import psutil
from django.db import connection, connections
from django.utils import timezone
from django_tenants.utils import tenant_context

from benchmarks.harness import Wanted
from tenants.models import Bank
from tenants.services import provision_bank

WANTED = {"zone_rush.vs_bare_sql": Wanted(at_least=0.5)}
ROUNDS, PROCESSES, CALLS = 3, 4, 800
CLIENT_CORE, SERVER_CORE = 0, 1
PLENTY = 10_000_000
WORKER = "benchmarks.peers.reserver"


class Run(NamedTuple):
    # Answers per second of all processes together.
    rate: float
    # Milliseconds of each answer.
    times: list[float]


def figures() -> dict[str, float]:
    runs: dict[str, list[Run]] = defaultdict(list)
    with _environment():
        bank = provision_bank(slug="rush", name="rush")
        with tenant_context(bank):
            plenty, nothing = _product("PLENTY", PLENTY), _product("NOTHING", 1, taken=1)
        connection.set_schema_to_public()
        for number in range(ROUNDS):
            runs["service"].append(_run(bank, plenty, "service", number))
            runs["bare"].append(_run(bank, plenty, "bare", number))
            runs["sold_out"].append(_run(bank, nothing, "refused", number))
    rates = {name: median(run.rate for run in found) for name, found in runs.items()}
    return {
        "zone_rush.vs_bare_sql": rates["service"] / rates["bare"],
        "zone_rush.per_second": rates["service"],
        "zone_rush.p99_ms": _p99(runs["service"]),
        "zone_rush.sold_out_per_second": rates["sold_out"],
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


def _product(title: str, quota: int, *, taken: int = 0) -> str:
    """As its publication leaves it."""
    from fuxiang_zone.models import ProductAccount, ProductTerms, ZoneProduct
    from fuxiang_zone.products.rendering import render_payload
    from operators.models import Operator

    now = timezone.now()
    owner = Operator.objects.first() or Operator.objects.create_user("keeper", "Keeper#2026")
    draft = ZoneProduct.objects.create(
        title=title, type_code="large_cd", quota=quota, unit_cents=20_000_000, hold_minutes=1440,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1), owner=owner,
        edited_by=owner,
    )  # fmt: skip
    ProductTerms.objects.create(
        product=draft, version=1, terms={**render_payload(draft), "title": title}, published_at=now
    )
    ProductAccount.objects.create(
        product=draft, uid=draft.uid, type_code=draft.type_code, live_version=1, quota=quota,
        unit_cents=draft.unit_cents, hold_minutes=draft.hold_minutes, starts_at=draft.starts_at,
        ends_at=draft.ends_at, confirmed=taken, changed_at=now,
    )  # fmt: skip
    return str(draft.uid)


def _run(bank: Bank, product: str, way: str, number: int) -> Run:
    """Raises when a call is answered otherwise than it should be: an error of the benchmark."""
    workers = [
        subprocess.Popen(
            [
                sys.executable, "-m", WORKER, bank.schema_name, product, way,
                f"{number}-{place}", str(CALLS),
            ],
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
        raise RuntimeError("A buyer has failed; its own words stand above.")
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
