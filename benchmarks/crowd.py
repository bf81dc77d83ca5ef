"""Several processes that call at once: they share one core, their server processes the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psutil
from django.db import connections

PROCESSES = 4
CLIENT_CORE, SERVER_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Run:
    """From the first caller's beginning to the last one's end."""

    seconds: float
    # Milliseconds of each call, of callers that tell them.
    times: list[float]

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds


@contextmanager
def on_our_database() -> Iterator[None]:
    """The processes work on this benchmark's database."""
    before = os.environ["DATABASE_URL"]
    name = quote(str(connections.settings["default"]["NAME"]))
    os.environ["DATABASE_URL"] = urlsplit(before)._replace(path=f"/{name}").geturl()
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = before


def run(module: str, arguments: Sequence[str], name: str, *more: str) -> Run:
    """``python -m module *arguments NAME-PLACE *more`` in each of the processes: it prints the id
    of its server process, waits for a line, calls, and prints what ``_found`` reads.

    Raises ``RuntimeError`` when a caller fails: an unexpected answer is an error of the benchmark.
    """
    callers = [
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments, f"{name}-{place}", *more],
            cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )
        for place in range(PROCESSES)
    ]  # fmt: skip
    try:
        for caller in callers:
            _pin(caller.pid, CLIENT_CORE)
            _pin(int(_line(caller)), SERVER_CORE)
        for caller in callers:
            assert caller.stdin is not None
            caller.stdin.write("go\n")
            caller.stdin.flush()
        return _together(json.loads(_line(caller)) for caller in callers)
    finally:
        for caller in callers:
            caller.kill()
            caller.wait()


def p99(runs: Sequence[Run]) -> float:
    """Milliseconds."""
    times = sorted(time for each in runs for time in each.times)
    return times[len(times) * 99 // 100]


def _together(told: Iterable[dict[str, Any]]) -> Run:
    found = list(told)
    began, ended = min(each["began"] for each in found), max(each["ended"] for each in found)
    return Run(ended - began, [time for each in found for time in each.get("times", ())])


def _line(caller: subprocess.Popen[str]) -> str:
    assert caller.stdout is not None
    line = caller.stdout.readline()
    if not line:
        raise RuntimeError("A caller has failed; its own words stand above.")
    return line


def _pin(pid: int, core: int) -> None:
    """Where we may: another user's server, or one on another machine, stays as it is."""
    try:
        psutil.Process(pid).cpu_affinity([core])
    except (psutil.Error, OSError, ValueError):
        return
