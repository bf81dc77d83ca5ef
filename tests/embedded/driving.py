from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from config.embedded.living import command_line, find_processes
from config.embedded.places import PROJECT, Place, digest_of

OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "FUXIANG_LOCAL_DIR",
    "FUXIANG_EMBEDDED",
    "SECRET_KEY",
    "FIELD_KEYS",
)
GIVEN_DATABASE = "postgres://someone@example.invalid/elsewhere"
HOLDER = Path(__file__).parent / "holder.py"


def running_below(folder: Path) -> list[psutil.Process]:
    """Every process that names the folder, or a server folder in it, on its command line."""
    marks = {str(folder)}
    for found in (*folder.rglob("postgres/data"), *folder.rglob("redis")):
        marks.add(f"fuxiang-{digest_of(found)}")

    def names_it(process: psutil.Process) -> bool:
        line = " ".join(command_line(process))
        return process.pid != os.getpid() and any(mark in line for mark in marks)

    return find_processes(names_it)


@dataclass
class Holder:
    """A user of the servers of a place, in a process of its own."""

    process: subprocess.Popen[str]
    _said: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def start(cls, place: Place) -> Holder:
        return cls(
            subprocess.Popen(
                [sys.executable, str(HOLDER)],
                env=environment(place),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )

    @property
    def said(self) -> dict[str, Any]:
        if not self._said:
            assert self.process.stdout is not None
            self._said = json.loads(self.process.stdout.readline())
        return self._said

    def leave(self) -> int:
        self.process.communicate(timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def environment(place: Place, **more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT), "FUXIANG_LOCAL_DIR": str(place.root), **more}


Hold = Callable[[], Holder]


def query(url: str, statement: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")
