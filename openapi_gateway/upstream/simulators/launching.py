"""Starts both simulators as processes of their own, and ends them.

They end with whoever started them, too, even when that one is killed.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

MODULES = {
    "liveness": "openapi_gateway.upstream.simulators.liveness",
    "core": "openapi_gateway.upstream.simulators.core",
}
READY_SECONDS, STOP_SECONDS = 30, 5


class NotReady(RuntimeError):
    pass


@dataclass(frozen=True)
class Simulators:
    liveness_url: str
    core_url: str
    processes: tuple[subprocess.Popen[bytes], ...]

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes]

    @property
    def environment(self) -> dict[str, str]:
        return {"LIVENESS_URL": self.liveness_url, "CORE_URL": self.core_url}

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def start(environment: Mapping[str, str] | None = None) -> Simulators:
    """On free ports; returns when both listen. They need LIVENESS_SECRET, CORE_SECRET and what
    settings need (ZONE_KEYS), from our own environment and what is given here."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", module, "--port", "0", "--with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        for module in MODULES.values()
    ]
    found = Simulators("", "", tuple(processes))
    try:
        liveness_url, core_url = (_address(process) for process in processes)
    except BaseException:
        found.stop()
        raise
    return Simulators(liveness_url, core_url, found.processes)


@contextmanager
def running(environment: Mapping[str, str] | None = None) -> Iterator[Simulators]:
    simulators = start(environment)
    try:
        yield simulators
    finally:
        simulators.stop()


def command(name: str, port: int) -> list[str]:
    """For a supervisor that starts and ends it itself."""
    return [sys.executable, "-m", MODULES[name], "--port", str(port)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _address(process: subprocess.Popen[bytes]) -> str:
    """What it prints once it listens."""
    if process.stdout is None:
        raise NotReady("The simulator's output is not read.")
    ready, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
    line = process.stdout.readline().decode().strip() if ready else ""
    if not line.startswith("http://"):
        raise NotReady(f"A simulator did not get ready (process {process.pid}).")
    return line
