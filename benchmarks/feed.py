"""What a personal home costs: its throughput against a bare view that returns the same bytes, its
growth with the number of live publications, the naive way, and how soon a publication is seen.

"Seen" customers were looked up by the serving process within the last minute. "New" ones were not,
and their tokens are new to it too, so that their signatures are verified.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import time
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlsplit

from django.db import connection, connections, transaction
from django_tenants.utils import tenant_context

from benchmarks import feed_province as province
from benchmarks.harness import Wanted
from benchmarks.loads import Load, call, serving

WANTED = {
    "feed.vs_bare_view_seen": Wanted(at_least=0.5, hoped=0.6),
    "feed.vs_bare_view_new": Wanted(at_least=0.2, hoped=0.3),
    "feed.cost_growth_20_to_1000": Wanted(at_most=1.5),
    "feed.publish_to_visible_s": Wanted(at_most=1.0),
    "feed.vs_naive": Wanted(at_least=12),
}
HOME, NAIVE = "/api/channel/v1/home", "/api/channel/v1/naive"
BANKS, CUSTOMERS, LIVE = 4, 100_000, 200
FEW, MANY = 20, 1000
ROUNDS, SECONDS = 3, 4.0
SEEN_CUSTOMERS = 2000
SAMPLE, LEAST_BYTES, LEAST_DISTINCT = 1500, 8192, 1000

Loads = dict[str, list[Load]]


def figures() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, _environment():
        stage = _Stage(Path(folder))
        with serving("config.wsgi:application") as port:
            os.environ["BARE_BODY"] = str(stage.sample(port))
            with ExitStack() as stack:
                bare = stack.enter_context(serving("benchmarks.peers.bare:application"))
                naive = stack.enter_context(serving("benchmarks.peers.naive:application"))
                loads = stage.compare(port, bare, naive)
        visible = _publish_to_visible(stage)
    return {**_ratios(loads), "feed.publish_to_visible_s": visible}


@contextmanager
def _environment() -> Iterator[None]:
    """The servers work on this benchmark's database and believe its identity."""
    before = dict(os.environ)
    url = urlsplit(os.environ["DATABASE_URL"])
    name = quote(str(connections.settings["default"]["NAME"]))
    os.environ["DATABASE_URL"] = url._replace(path=f"/{name}").geturl()
    os.environ["CHANNEL_JWT_KEYS"] = province.key_set()
    os.environ["DEBUG"] = "0"
    os.environ.setdefault("FUXIANG_EMBEDDED", "1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Stage:
    """The banks and the files of requests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        province.fill_catalogues()
        each = CUSTOMERS // BANKS
        self.banks = [
            province.make_bank(f"bench{number}", customers=each, live=LIVE)
            for number in range(1, BANKS + 1)
        ]
        self.few = province.make_bank("few", customers=each, live=FEW)
        self.many = province.make_bank("many", customers=each, live=MANY)
        connection.set_schema_to_public()
        self._write("new", self.banks, range(each), HOME)
        self._write("seen", self.banks, range(SEEN_CUSTOMERS // BANKS), HOME)
        self._write("naive", self.banks, range(500), NAIVE)
        for name, bank in (("few", self.few), ("many", self.many)):
            self._write(f"{name}_new", [bank], range(each), HOME)
            self._write(f"{name}_seen", [bank], range(SEEN_CUSTOMERS), HOME)
        # A customer is new once only: each round goes on where the last one stopped.
        self._used: dict[str, int] = defaultdict(int)

    def _write(self, name: str, banks: list[province.Bank], numbers: range, path: str) -> None:
        province.write_requests(self.folder / name, banks, numbers, path)

    def sample(self, port: int) -> Path:
        """One answer of about the usual size; all are counted and weighed first."""
        lines = (self.folder / "new").read_text().splitlines()[-SAMPLE:]
        bodies = [_get(port, line) for line in lines]
        small = min(map(len, bodies))
        distinct = len({json.dumps(_personal(body)) for body in bodies})
        if small < LEAST_BYTES or distinct < LEAST_DISTINCT:
            raise RuntimeError(f"{distinct} distinct answers, the smallest of {small} bytes.")
        path = self.folder / "body"
        path.write_bytes(sorted(bodies, key=len)[len(bodies) // 2])
        return path

    def compare(self, port: int, bare: int, naive: int) -> Loads:
        loads: Loads = defaultdict(list)
        for _round in range(ROUNDS):
            loads["bare"].append(self._call(bare, "seen"))
            loads["naive"].append(self._call(naive, "naive"))
            loads["new"].append(self._call_new(port, "new"))
            loads["few_new"].append(self._call_new(port, "few_new"))
            loads["many_new"].append(self._call_new(port, "many_new"))
            for name in ("seen", "few_seen", "many_seen"):
                self._call(port, name, seconds=1.0)
                loads[name].append(self._call(port, name))
        return loads

    def _call(self, port: int, name: str, *, seconds: float = SECONDS, skip: int = 0) -> Load:
        return call(port, self.folder / name, seconds=seconds, skip=skip)

    def _call_new(self, port: int, name: str) -> Load:
        everybody = CUSTOMERS if name == "new" else CUSTOMERS // BANKS
        seconds = SECONDS if name == "new" else SECONDS / 2
        load = self._call(port, name, seconds=seconds, skip=self._used[name])
        self._used[name] += load.requests + 64
        if self._used[name] > everybody - (SAMPLE if name == "new" else 0):
            raise RuntimeError(f"{name}: not enough customers to be new to every request.")
        return load


def _ratios(loads: Loads) -> dict[str, float]:
    """Of the rounds' medians."""
    middle = {name: median(load.per_second for load in each) for name, each in loads.items()}
    growth = {kind: middle[f"few_{kind}"] / middle[f"many_{kind}"] for kind in ("seen", "new")}
    return {
        "feed.vs_bare_view_seen": middle["seen"] / middle["bare"],
        "feed.vs_bare_view_new": middle["new"] / middle["bare"],
        "feed.cost_growth_20_to_1000": max(growth.values()),
        "feed.cost_growth_seen": growth["seen"],
        "feed.cost_growth_new": growth["new"],
        "feed.vs_naive": middle["new"] / middle["naive"],
        "feed.p99_ms": median(load.p99_ms for load in loads["new"]),
        "feed.p99_seen_ms": median(load.p99_ms for load in loads["seen"]),
        "feed.bare_per_second": middle["bare"],
    }


def _publish_to_visible(stage: _Stage) -> float:
    """The worst of several publications, over two processes, from the commit on."""
    bank, worst = stage.banks[0], 0.0
    line = (stage.folder / "seen").read_text().splitlines()[0]
    with serving("config.wsgi:application") as one, serving("config.wsgi:application") as two:
        for _time in range(5):
            held = {port: json.loads(_get(port, line))["edition"] for port in (one, two)}
            with tenant_context(bank), transaction.atomic():
                province.publish(itertools.islice(_urgent(), 1))
            committed = time.monotonic()
            while held:
                for port, edition in list(held.items()):
                    if json.loads(_get(port, line))["edition"] != edition:
                        worst = max(worst, time.monotonic() - committed)
                        del held[port]
                if time.monotonic() - committed > 30:
                    raise RuntimeError("A publication was not seen within 30 seconds.")
    return worst


def _urgent() -> Iterator[dict[str, object]]:
    while True:
        title = f"紧急公告 {uuid.uuid4().hex[:8]}"
        payload = {
            "schema": 1, "title": title, "summary": title, "body": f"<p>{title}</p>",
            "pinned": True, "must_read": False, "for_seniors": False, "trial_starts_at": None,
        }  # fmt: skip
        yield {"kind": "announcement", "title": title, "payload": payload}


def _get(port: int, line: str) -> bytes:
    host, path, token = line.split("\t")
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        headers={"Host": host, "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own server
        return bytes(answer.read())


def _personal(body: bytes) -> object:
    home = json.loads(body)
    return [home["mode"], home["functions"], home["placements"], home["announcements"]]
