"""Eight threads, two thousand reads each, four banks: through the real server, through a worker."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

import pytest
from redis import Redis

from tests.province import ROOT, web_server
from tests.tenants.conftest import FOUR
from tests.tenants.own import OwnProvince

THREADS, READS = 8, 2000
READS_PER_REQUEST = 2


def read_many(port: int, thread: int) -> Counter[bool]:
    """Over one connection that is kept alive, each request to another bank than the one before."""
    found: Counter[bool] = Counter()
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as connection,
        connection.makefile("rb") as answers,
    ):
        for number in range(READS // READS_PER_REQUEST):
            slug = FOUR[(thread + number) % len(FOUR)]
            connection.sendall(REQUEST.format(slug=slug, port=port).encode())
            answer = json.loads(body_of_next(answers))
            assert (answer["bank"], len(answer["groups"])) == (slug, READS_PER_REQUEST)
            found.update(groups == [f"only-{slug}"] for groups in answer["groups"])
    return found


# Sixteen thousand answers are read on the cores that give them: http.client would take its time
# over their headers.
REQUEST = "GET /only-here/ HTTP/1.1\r\nHost: {slug}.localhost:{port}\r\n\r\n"


def body_of_next(answers: BinaryIO) -> bytes:
    status, length = answers.readline(), 0
    assert status.startswith(b"HTTP/1.1 200 "), status
    for line in iter(answers.readline, b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return answers.read(length)


def test_no_request_of_the_real_server_reads_another_bank(own: OwnProvince) -> None:
    env = {**own.env, "DJANGO_SETTINGS_MODULE": "tests.tenants.server_settings"}
    with web_server(replace(own, env=env), threads=8), ThreadPoolExecutor(THREADS) as pool:
        found = sum(pool.map(read_many, [own.port] * THREADS, range(THREADS)), Counter())

    assert found == {True: THREADS * READS}


POOLS = ("threads", "prefork")
QUEUE = f"isolation-{os.getpid()}"
READS_PER_TASK = 100
TASKS = THREADS * READS // READS_PER_TASK

SEND = f"""
from tenants.models import Bank
from tenants.tasks_api import registered_task
from tests.tenants.reading_tasks import NAME
task = registered_task(NAME)
banks = [Bank.objects.get(slug=slug) for slug in {FOUR!r}]
for pool in {POOLS!r}:
    queue = {QUEUE!r} + pool
    for number in range({TASKS}):
        bank = banks[number % len(banks)]
        task.apply_async(
            (bank.slug, {READS_PER_TASK}, queue + "-results"), queue=queue,
            headers={{"_schema_name": bank.schema_name}},
        )
"""


@pytest.fixture(scope="module")
def redis(own: OwnProvince) -> Iterator[Redis]:
    """With the tasks for both workers: sending them takes a process, which is slow to start."""
    client = Redis.from_url(own.env["REDIS_URL"])
    queues = [QUEUE + pool for pool in POOLS]
    own.run(SEND)
    yield client
    client.delete(*queues, *(f"{queue}-results" for queue in queues))


@contextmanager
def worker(own: OwnProvince, pool: str) -> Iterator[None]:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--pool", pool,
            "--concurrency", str(THREADS if pool == "threads" else 2), "-Q", QUEUE + pool,
            "-n", QUEUE + pool, "--include", "tests.tenants.reading_tasks",
            "--without-mingle", "--without-gossip", "--loglevel", "info",
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


@pytest.mark.parametrize("pool", POOLS)
def test_no_task_of_a_real_worker_reads_another_bank(
    own: OwnProvince, redis: Redis, pool: str
) -> None:
    results = f"{QUEUE}{pool}-results"
    with worker(own, pool):
        wait_for(redis, results)
    lines = [line.decode().split() for line in redis.lrange(results, 0, -1)]

    assert Counter(slug for slug, _reads, _wrong in lines) == dict.fromkeys(FOUR, TASKS // 4)
    assert sum(int(reads) for _slug, reads, _wrong in lines) == THREADS * READS
    assert sum(int(wrong) for _slug, _reads, wrong in lines) == 0


def wait_for(client: Redis, results: str) -> None:
    deadline = time.monotonic() + 120
    while client.llen(results) < TASKS:
        assert time.monotonic() < deadline, f"{client.llen(results)} of {TASKS} tasks were done"
        time.sleep(0.1)
