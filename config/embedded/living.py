"""What really runs. A process id in a file proves nothing: it may be stale, reused or a zombie."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

GONE = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def living(pid: int | None) -> psutil.Process | None:
    """The process of that id if it is really alive; a zombie is not."""
    if pid is None or pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
        return None if process.status() in GONE else process
    except psutil.NoSuchProcess:
        return None


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() not in GONE
    except psutil.NoSuchProcess:
        return False


def command_line(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def belongs(process: psutil.Process, program: str, folder: Path, *, named: bool) -> bool:
    """The process serves that folder: it works inside it, or is named for it.

    Where it works decides if that can be known: the folder may have been renamed since, and another
    one made in its place. A removed folder leaves only the name.
    """
    try:
        working = os.stat(f"/proc/{process.pid}/cwd")
        is_here = os.path.samestat(working, folder.stat())
    except OSError:
        return named
    if working.st_nlink == 0:
        return named
    return is_here and (named or _runs(process, program))


def _runs(process: psutil.Process, program: str) -> bool:
    try:
        return Path(process.exe()).name == program
    except psutil.Error:
        return False


def find_processes(belongs: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    return [found for found in psutil.process_iter() if is_alive(found) and belongs(found)]


def send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def await_end(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until they are gone; returns those that are not. Works for processes of any parent."""
    deadline = time.monotonic() + seconds
    left = [process for process in processes if is_alive(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [process for process in left if is_alive(process)]
    return left


def end(
    processes: Iterable[psutil.Process], *steps: tuple[signal.Signals, float]
) -> list[psutil.Process]:
    """Send each signal in turn to those still alive and wait its seconds; returns survivors."""
    left = list(processes)
    for number, seconds in steps:
        for process in left:
            send(process, number)
        left = await_end(left, seconds)
        if not left:
            break
    return left
