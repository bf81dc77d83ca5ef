from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from config.embedded.living import await_end, end, living
from config.embedded.places import PROJECT

from .driving import wait_for

DRIVER = """
import json, sys
from config.embedded.processes import Process, run_together
given = json.loads(sys.argv[1])
processes = [Process(name, argv, {"GREETING": "hello"}) for name, argv in given.items()]
sys.exit(run_together(processes, grace=float(sys.argv[2])))
"""
# Deaf to TERM, with a child of the same kind: only a kill of the whole group ends both.
DEAF = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
pathlib.Path(sys.argv[1], str(os.getpid())).touch()
time.sleep(600)
"""


@dataclass
class Together:
    process: subprocess.Popen[bytes]
    pids: Path

    def members(self, count: int) -> list[psutil.Process]:
        wait_for(lambda: len(list(self.pids.iterdir())) >= count)
        return [psutil.Process(int(path.name)) for path in self.pids.iterdir()]

    def finish(self) -> tuple[int, list[str]]:
        said, _ = self.process.communicate(timeout=30)
        return self.process.returncode, said.decode().splitlines()


@pytest.fixture
def together(root: Path) -> Iterator[Together]:
    pids = root / "pids"
    pids.mkdir()
    holder = Together(subprocess.Popen(["true"]), pids)
    yield holder
    holder.process.kill()
    holder.process.communicate()
    end(running(holder), (signal.SIGKILL, 5))


def running(together: Together) -> list[psutil.Process]:
    """Of the programs; who is dead may still wait to be collected."""
    found = [living(int(path.name)) for path in together.pids.iterdir()]
    return [process for process in found if process is not None]


def start(together: Together, grace: float = 10, **programs: list[str]) -> None:
    together.process.wait()
    together.process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(programs), str(grace)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
    )


def deaf(together: Together) -> list[str]:
    return [sys.executable, "-c", DEAF, str(together.pids)]


def test_the_first_to_end_ends_all_and_gives_the_code(together: Together) -> None:
    start(together, web=["sh", "-c", "sleep 0.3; exit 3"], worker=["sleep", "600"])

    code, lines = together.finish()

    assert code == 3
    assert lines == ["web    | ended with code 3; stopping the others"]


def test_lines_carry_the_name_of_their_program(together: Together) -> None:
    start(together, web=["sh", "-c", "echo $GREETING; printf 一 >&2"], worker=["sleep", "600"])

    _, lines = together.finish()

    assert sorted(lines)[-2:] == ["web    | hello", "web    | 一"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_stops_all_and_is_content(
    together: Together, number: signal.Signals
) -> None:
    polite = "trap 'echo bye; exit 0' TERM; touch $0/$$; while :; do sleep 0.2; done"
    command = ["sh", "-c", polite, str(together.pids)]
    start(together, web=command, worker=command)
    members = together.members(2)

    together.process.send_signal(number)
    code, lines = together.finish()

    assert code == 0
    assert sorted(lines) == ["web    | bye", "worker | bye"], "only the programs are told to stop"
    assert await_end(members, 0) == []


def test_who_does_not_stop_is_killed_after_the_grace_with_its_children(together: Together) -> None:
    start(together, 0.5, web=deaf(together))
    members = together.members(2)

    begun = time.monotonic()
    together.process.terminate()
    code, _ = together.finish()

    assert code == 0
    assert 0.5 <= time.monotonic() - begun < 5
    assert await_end(members, 0) == []


def test_a_second_request_does_not_wait_for_the_grace(together: Together) -> None:
    start(together, 60, web=deaf(together))
    members = together.members(2)

    together.process.terminate()
    time.sleep(0.3)
    together.process.terminate()
    together.finish()

    assert await_end(members, 0) == []


def test_all_die_with_a_killed_supervisor_even_the_deaf(together: Together) -> None:
    start(together, 0.5, web=deaf(together), worker=deaf(together))
    members = together.members(4)

    together.process.kill()
    together.process.wait()

    assert await_end(members, 10) == []


def test_a_program_that_is_missing_stops_those_already_started(together: Together) -> None:
    start(together, web=deaf(together), worker=["/no/such/program"], grace=0.2)

    code, _ = together.finish()

    assert code != 0
    assert running(together) == []
