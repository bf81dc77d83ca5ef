"""What a signed call costs: ``identity/token:introspect`` through the whole pipeline (signature,
digest, nonce, rates, quotas, grant, schema, mark of the log, signed answer), against a DRF view
without authentication that parses the same body and gives the same answer, on the same granian; and
against one that djangorestframework-api-key guards.

The server has one core, wrk the other with Redis; each request is sent once.
"""

from __future__ import annotations

import os
import tempfile
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlsplit

import psutil
import redis
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from benchmarks import gateway_partners as partners
from benchmarks.harness import Wanted
from benchmarks.loads import RAW, Load, call, cores, serving
from benchmarks.paced import latencies_ms
from openapi_gateway.changes import client_changed
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Key

WANTED = {
    "gateway.hmac_vs_drf": Wanted(at_least=0.6, hoped=0.8),
    "gateway.p256_vs_drf": Wanted(at_least=0.4, hoped=0.55),
    "gateway.sm2_vs_drf": Wanted(at_least=0.15, hoped=0.2),
    "gateway.hmac_vs_api_key": Wanted(at_least=1.8),
    "gateway.p99_overhead_ms": Wanted(at_most=10),
    "gateway.revoke_to_refused_s": Wanted(at_most=1),
}
ROUNDS, SECONDS = 3, 4.0
# More than anything here answers in a round.
MOST_PER_SECOND = {"hmac": 5_000, "p256": 4_000, "sm2": 1_500, "drf": 9_000, "api_key": 5_000}
NAMES = {
    "hmac": Algorithm.HMAC_SHA256, "p256": Algorithm.P256, "sm2": Algorithm.SM2,
}  # fmt: skip
PLENTY = {"SANDBOX_CALLS_PER_SECOND": "100000", "BANK_CALLS_PER_SECOND": "100000"}
OURS, PEER = "config.wsgi:application", "benchmarks.peers.drf_view:application"

Loads = dict[str, list[Load]]


def figures() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, _environment(), _redis_beside_wrk():
        stage = _Stage(Path(folder))
        with ExitStack() as stack:
            ours = stack.enter_context(serving(OURS, PLENTY))
            stage.prepare(ours)
            peer = stack.enter_context(serving(PEER, {"PEER_ANSWER": str(stage.answer)}))
            loads = stage.compare(ours, peer)
            paced = stage.paced(ours, peer, loads)
        revoked = _revoke_to_refused(stage)
    return {**_ratios(loads), **paced, "gateway.revoke_to_refused_s": revoked}


@contextmanager
def _environment() -> Iterator[None]:
    """The servers work on this benchmark's database."""
    before = dict(os.environ)
    url = urlsplit(os.environ["DATABASE_URL"])
    name = quote(str(connections.settings["default"]["NAME"]))
    os.environ["DATABASE_URL"] = url._replace(path=f"/{name}").geturl()
    os.environ["DEBUG"] = "0"
    os.environ.setdefault("FUXIANG_EMBEDDED", "1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _redis_beside_wrk() -> Iterator[None]:
    """When it runs on this machine and is ours to move."""
    server = redis.Redis.from_url(settings.REDIS_URL)
    try:
        process = psutil.Process(server.info("server")["process_id"])
        before = process.cpu_affinity()
        process.cpu_affinity([cores()[1]])
    except (psutil.Error, ValueError):
        yield
        return
    try:
        yield
    finally:
        process.cpu_affinity(before)
        server.delete("gw:calls")


class _Stage:
    def __init__(self, folder: Path) -> None:
        self.folder, self.answer = folder, folder / "answer"
        bank = partners.make_bank()
        self.callers = {name: partners.Caller(bank, kind) for name, kind in NAMES.items()}
        self.spare = [partners.Caller(bank, Algorithm.HMAC_SHA256) for _number in range(3)]

    def prepare(self, port: int) -> None:
        """Warm: every token's record is in Redis, as the exchange would leave it."""
        for name, caller in self.callers.items():
            for number in range(partners.TOKENS):
                body = _answer(port, caller.request(number))
            if name == "hmac":
                partners.sample_answer(self.answer, body)
        self.api_key = partners.an_api_key(self.answer)

    def compare(self, ours: int, peer: int) -> Loads:
        loads: Loads = defaultdict(list)
        for _round in range(ROUNDS):
            for name in ("drf", "hmac", "api_key", "p256", "sm2"):
                port = peer if name in ("drf", "api_key") else ours
                loads[name].append(self._call(port, name))
        return loads

    def _call(self, port: int, name: str) -> Load:
        path, count = self.folder / name, int(MOST_PER_SECOND[name] * SECONDS)
        self._write(name, path, count)
        load = call(port, path, seconds=SECONDS, script=RAW)
        if load.requests > count:
            raise RuntimeError(f"{name}: not enough requests to send each once.")
        return load

    def _write(self, name: str, path: Path, count: int) -> None:
        if name in self.callers:
            self.callers[name].write(path, count)
            return
        key = self.api_key if name == "api_key" else ""
        prefix = "/guarded" if key else ""
        partners.write_plain(path, self.callers["hmac"], count, prefix, key)

    def paced(self, ours: int, peer: int, loads: Loads) -> dict[str, float]:
        """Latency at half of what saturates the gateway, over the bare view's at the same rate."""
        rate = median(load.per_second for load in loads["hmac"]) / 2
        count = int(rate * SECONDS)
        p99: dict[str, list[float]] = defaultdict(list)
        for _round in range(ROUNDS):
            for name, port in (("drf", peer), ("hmac", ours)):
                path = self.folder / f"paced_{name}"
                self._write(name, path, count)
                requests = path.read_bytes().split(partners.SEPARATOR)[:-1]
                found = sorted(latencies_ms(port, requests, rate, cores()[1]))
                p99[name].append(found[int(len(found) * 0.99)])
        ours_p99, bare = median(p99["hmac"]), median(p99["drf"])
        return {
            "gateway.p99_overhead_ms": ours_p99 - bare, "gateway.p99_at_half_ms": ours_p99,
            "gateway.half_per_second": rate,
        }  # fmt: skip


def _ratios(loads: Loads) -> dict[str, float]:
    """Of the rounds' medians."""
    middle = {name: median(load.per_second for load in each) for name, each in loads.items()}
    return {
        **{f"gateway.{name}_vs_drf": middle[name] / middle["drf"] for name in NAMES},
        "gateway.hmac_vs_api_key": middle["hmac"] / middle["api_key"],
        **{f"gateway.{name}_per_second": figure for name, figure in middle.items()},
    }


def _revoke_to_refused(stage: _Stage) -> float:
    """The worst of several revocations, over two processes, from the commit on."""
    worst = 0.0
    with serving(OURS, PLENTY) as one, serving(OURS, PLENTY) as two:
        for caller in stage.spare:
            for port in (one, two):
                _answer(port, caller.request())
            with transaction.atomic():
                Key.objects.filter(key_id=caller.partner.key_id).update(
                    state=KeyState.REVOKED, revoked_at=timezone.now()
                )
                client_changed(caller.partner.app_id)
            worst = max(worst, _until_refused(caller, [one, two], time.monotonic()))
    return worst


def _until_refused(caller: partners.Caller, ports: list[int], committed: float) -> float:
    serving_still = set(ports)
    while serving_still:
        for port in list(serving_still):
            if _status(port, caller.request()) == 401:
                serving_still.discard(port)
        if time.monotonic() - committed > 30:
            raise RuntimeError("A revoked key was served for 30 seconds.")
    return time.monotonic() - committed


def _answer(port: int, raw: bytes) -> bytes:
    with urllib.request.urlopen(_request(port, raw), timeout=10) as answer:  # noqa: S310
        return bytes(answer.read())


def _status(port: int, raw: bytes) -> int:
    try:
        with urllib.request.urlopen(_request(port, raw), timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _request(port: int, raw: bytes) -> urllib.request.Request:
    head, _empty, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _version = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=body, headers=headers, method=method
    )
