"""Eight threads, two thousand reads each, four banks: through the real server, through a worker."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from redis import Redis

from tests.province import ROOT, web_server
from tests.tenants.conftest import FOUR
from tests.tenants.own import OwnProvince

THREADS, READS = 8, 2000


def read_many(port: int, thread: int) -> Counter[str]:
    """Over one connection that is kept alive, each read at another bank than the one before."""
    found: Counter[str] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(READS):
        slug = FOUR[(thread + number) % len(FOUR)]
        connection.request("GET", "/only-here/", headers={"Host": f"{slug}.localhost:{port}"})
        answer = json.loads(connection.getresponse().read())
        found["right" if answer == {"bank": slug, "groups": [f"only-{slug}"]} else "wrong"] += 1
    connection.close()
    return found


def test_no_request_of_the_real_server_reads_another_bank(own: OwnProvince) -> None:
    env = {**own.env, "DJANGO_SETTINGS_MODULE": "tests.tenants.server_settings"}
    with web_server(replace(own, env=env), threads=8), ThreadPoolExecutor(THREADS) as pool:
        found = sum(pool.map(read_many, [own.port] * THREADS, range(THREADS)), Counter())

    assert found == {"right": THREADS * READS}


QUEUE = f"isolation-{os.getpid()}"
RESULTS = f"isolation-results-{os.getpid()}"
READS_PER_TASK = 100

SEND = f"""
from tenants.fanout import for_each_bank
from tenants.models import Bank
from tenants.tasks_api import registered_task
from tests.tenants.reading_tasks import NAME
task = registered_task(NAME)
banks = [Bank.objects.get(slug=slug) for slug in {FOUR!r}]
for number in range({THREADS * READS // READS_PER_TASK}):
    bank = banks[number % len(banks)]
    task.apply_async(
        (bank.slug, {READS_PER_TASK}, {RESULTS!r}), queue={QUEUE!r},
        headers={{"_schema_name": bank.schema_name}},
    )
"""


@contextmanager
def worker(own: OwnProvince, pool: str) -> Iterator[None]:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--pool", pool,
            "--concurrency", str(THREADS if pool == "threads" else 2), "-Q", QUEUE, "-n", QUEUE,
            "--include", "tests.tenants.reading_tasks", "--without-mingle", "--without-gossip",
            "--loglevel", "info",
        ],
        cwd=ROOT, env=own.env, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        assert any(" ready." in line for line in process.stderr), "The worker did not start."
        threading.Thread(target=process.stderr.read, daemon=True).start()  # or its pipe fills
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_no_task_of_a_real_worker_reads_another_bank(own: OwnProvince, pool: str) -> None:
    client = Redis.from_url(own.env["REDIS_URL"])
    client.delete(RESULTS)
    tasks = THREADS * READS // READS_PER_TASK
    with worker(own, pool):
        own.run(SEND)
        wait_for(client, tasks)
        lines = [line.decode().split() for line in client.lrange(RESULTS, 0, -1)]
    client.delete(RESULTS)

    assert Counter(slug for slug, _reads, _wrong in lines) == dict.fromkeys(FOUR, tasks // 4)
    assert sum(int(reads) for _slug, reads, _wrong in lines) == THREADS * READS
    assert sum(int(wrong) for _slug, _reads, wrong in lines) == 0


def wait_for(client: Redis, tasks: int) -> None:
    deadline = time.monotonic() + 120
    while client.llen(RESULTS) < tasks:
        assert time.monotonic() < deadline, f"{client.llen(RESULTS)} of {tasks} tasks were done"
        time.sleep(0.1)
