"""Runs one command on the servers, and what it needs around it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from types import FrameType

from config.embedded.databases import empty_redis_database, fresh_database
from config.embedded.environments import complete
from config.embedded.errors import EmbeddedError
from config.embedded.leases import exclusive, living_leases
from config.embedded.places import THROWAWAY, VARIABLE, Place
from config.embedded.servers import ensure_servers, stop_everything
from config.embedded.signals import STOPPING, child_setup, exit_code_of, held_signals, next_signal


def run_command(command: Sequence[str], *, throwaway: bool = False) -> int:
    """Run it with DATABASE_URL, REDIS_URL and the generated secrets; returns its exit code."""
    environ = dict(os.environ)
    surroundings = throwaway_environment(environ) if throwaway else servers_environment(environ)
    with _interruptible(), surroundings, held_signals() as mask:
        try:
            child = subprocess.Popen(command, env=environ, preexec_fn=child_setup(mask))
        except OSError as error:
            raise EmbeddedError(f"{command[0]} cannot be run ({error.strerror}).") from error
        return exit_code_of(_supervise(child))


@contextlib.contextmanager
def servers_environment(environ: MutableMapping[str, str]) -> Iterator[None]:
    with ensure_servers(environ=environ) as servers:
        complete(environ, servers)
        yield


@contextlib.contextmanager
def throwaway_environment(environ: MutableMapping[str, str]) -> Iterator[None]:
    """Servers and a database of its own, with nothing left of them afterwards.

    A given server is only borrowed: the run gets a new database there, or an empty one of Redis.
    """
    sweep_throwaways()
    root = Path(tempfile.mkdtemp(prefix=f"{THROWAWAY}{os.geteuid()}-")).resolve()
    environ[VARIABLE] = str(root)
    try:
        with contextlib.ExitStack() as borrowed:
            if environ.get("DATABASE_URL"):
                environ["DATABASE_URL"] = borrowed.enter_context(
                    fresh_database(environ["DATABASE_URL"])
                )
            if environ.get("REDIS_URL"):
                environ["REDIS_URL"] = borrowed.enter_context(
                    empty_redis_database(environ["REDIS_URL"])
                )
            borrowed.enter_context(servers_environment(environ))
            yield
    finally:
        _remove(Place(root))


def sweep_throwaways() -> None:
    """Remove what killed throw-away runs of this user left, servers included."""
    for root in Path(tempfile.gettempdir()).glob(f"{THROWAWAY}{os.geteuid()}-*"):
        # One without leases is only just being made by somebody else.
        with contextlib.suppress(FileNotFoundError):
            if root.lstat().st_uid == os.geteuid() and (root / "leases").is_dir():
                _remove(Place(root))


def _remove(place: Place) -> None:
    with exclusive(place.lock):
        if not living_leases(place.leases):
            stop_everything(place)
            shutil.rmtree(place.root, ignore_errors=True)


def _supervise(child: subprocess.Popen[bytes]) -> int:
    """Wait for the child, passing on what we are sent, except what the terminal sent it itself."""
    while child.poll() is None:
        number, from_terminal = next_signal()
        if number is not None and number in STOPPING and not from_terminal:
            child.send_signal(number)
    return child.returncode


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """While servers start, a TERM unwinds as Ctrl-C does, so that what was started is stopped."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
