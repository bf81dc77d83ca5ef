"""Servers and load for benchmarks of the channel: granian on one core, wrk on the other."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS = 60
CONNECTIONS = 8
# As the product is served.
THREADS = "4"
SCRIPT = Path(__file__).with_name("requests.lua")
RAW = Path(__file__).with_name("signed.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk found."""

    per_second: float
    p99_ms: float
    requests: int


def cores() -> tuple[int, int]:
    """One for the server and one for whoever calls it."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise RuntimeError("This benchmark needs two cores: one serves, the other calls.")
    return allowed[0], allowed[1]


@contextmanager
def serving(application: str, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """The port of a granian with one worker of one thread on the first core."""
    _wrk()  # before minutes of preparation
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--blocking-threads", THREADS,
        "--blocking-threads-idle-timeout", "600", "--backpressure", "64",
        "--log-level", "warning", "--no-ws", application,
    ]  # fmt: skip
    process = subprocess.Popen(_on(cores()[0], command), env={**os.environ, **(environment or {})})
    try:
        _wait_until_ready(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def call(
    port: int, requests: Path, *, seconds: float, skip: int = 0, script: Path = SCRIPT
) -> Load:
    """Sends the requests of a file, one after the other, from its line ``skip`` on.

    A line is "host<TAB>path<TAB>token"; with ``RAW`` the file holds whole requests. Any answer but
    200 is an error, and raises.
    """
    command = [
        _wrk(), "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds:g}s",
        "--latency", "--script", str(script), f"http://127.0.0.1:{port}", "--",
        str(requests), str(skip),
    ]  # fmt: skip
    done = subprocess.run(_on(cores()[1], command), capture_output=True, text=True, check=True)
    return _read(done.stdout)


def _wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise RuntimeError("wrk is not installed; on Debian: apt-get install wrk")
    return found


def _on(core: int, command: list[str]) -> list[str]:
    return ["taskset", "--cpu-list", str(core), *command]


def _read(output: str) -> Load:
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"Requests failed:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", output)
    requests = re.search(r"(\d+) requests in", output)
    if not (found and latency and requests):
        raise RuntimeError(f"wrk said something unexpected:\n{output}")
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[latency.group(2)]
    return Load(float(found[1]), float(latency[1]) * scale, int(requests[1]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("The server ended before it served.")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server did not come up.")
