"""Several programs run together in one terminal: they start together and they end together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil

from config.embedded import guard
from config.embedded.errors import EmbeddedError
from config.embedded.living import is_alive
from config.embedded.signals import STOPPING, child_setup, exit_code_of, held_signals, next_signal

COLOURS = (36, 33, 35, 32, 34)


@dataclass(frozen=True)
class Process:
    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    """Added to our own environment."""


def run_together(
    processes: Sequence[Process], *, grace: float = 10.0, out: BinaryIO | None = None
) -> int:
    """Run until one ends or we are asked to stop, then stop all; nothing is restarted.

    Returns 0 when asked to stop, else the exit code of the one that ended first. If we are killed
    outright, a guard ends every program with all its descendants in the same process group.
    """
    output = _Output(processes, out or sys.stdout.buffer)
    with held_signals() as mask:
        group = _Group(grace, output)
        try:
            for process in processes:
                group.start(process, mask)
            return group.wait()
        finally:
            group.stop()


class _Output:
    """Whole lines, each with the name of the program that wrote it."""

    def __init__(self, processes: Sequence[Process], out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        width = max((len(process.name) for process in processes), default=0)
        coloured = out.isatty() and "NO_COLOR" not in os.environ
        self._labels: dict[str, bytes] = {}
        for index, process in enumerate(processes):
            label = f"{process.name:<{width}} |"
            if coloured:
                label = f"\033[{COLOURS[index % len(COLOURS)]}m{label}\033[0m"
            self._labels[process.name] = f"{label} ".encode()

    def say(self, name: str, line: bytes) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._out.write(self._labels[name] + line.rstrip(b"\r\n") + b"\n")
            self._out.flush()

    def copy(self, name: str, child: subprocess.Popen[bytes]) -> None:
        for line in child.stdout or ():
            self.say(name, line)


@dataclass
class _Group:
    grace: float
    output: _Output
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _readers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        command = [sys.executable, "-I", "-S", str(Path(guard.__file__)), str(self.grace)]
        self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def start(self, process: Process, mask: set[signal.Signals]) -> None:
        try:
            child = subprocess.Popen(
                process.argv,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(process.env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=child_setup(mask),  # before any thread of ours exists, see wait()
            )
        except OSError as error:
            said = f"{process.name}: {process.argv[0]} cannot be run ({error.strerror})."
            raise EmbeddedError(said) from error
        self._children[process.name] = child
        self._tell_guard(str(child.pid))

    def wait(self) -> int:
        for name, child in self._children.items():
            reader = threading.Thread(target=self.output.copy, args=(name, child), daemon=True)
            reader.start()
            self._readers.append(reader)
        while True:
            for name, child in self._children.items():
                if child.poll() is not None:
                    code = exit_code_of(child.returncode)
                    self.output.say(name, f"ended with code {code}; stopping the others".encode())
                    return code
            number, _ = next_signal(1.0)
            if number in STOPPING:
                return 0

    def stop(self) -> None:
        """TERM, then KILL after the grace or at a second request; never leaves one behind.

        Only the programs get the TERM at first: a worker that stops warmly needs its helpers.
        """
        deadline = time.monotonic() + self.grace
        for child in self._children.values():
            child.terminate()
        in_time = self._await_end(self._running, deadline)
        self._send(signal.SIGTERM)
        if not in_time or not self._await_end(self._members, deadline):
            self._send(signal.SIGKILL)
            self._await_end(self._members, time.monotonic() + 5)
        for reader in self._readers:
            reader.join(timeout=2)
        self._tell_guard("done")
        self._guard.communicate()

    def _await_end(self, left: Callable[[], Sequence[object]], deadline: float) -> bool:
        """False if they take too long, or if we are asked again."""
        while left():
            number, _ = next_signal(0.05)
            if number in STOPPING or time.monotonic() > deadline:
                return False
        return True

    def _running(self) -> list[subprocess.Popen[bytes]]:
        return [child for child in self._children.values() if child.poll() is None]

    def _tell_guard(self, line: str) -> None:
        stream = self._guard.stdin
        with contextlib.suppress(BrokenPipeError):
            if stream is not None:
                stream.write(f"{line}\n".encode())
                stream.flush()

    def _send(self, number: signal.Signals) -> None:
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, number)

    def _members(self) -> list[psutil.Process]:
        """All that still runs in the children's process groups."""
        self._running()  # collects those that have ended
        groups = {child.pid for child in self._children.values()}
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(process.pid) in groups and is_alive(process):
                    found.append(process)
        return found
