"""The data folder of PostgreSQL: made aside and renamed, so that it is whole or not there."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil

from config.embedded.accounts import Identity, give_to
from config.embedded.binaries import POSTGRES_MAJOR, postgres_bin
from config.embedded.errors import EmbeddedError
from config.embedded.living import command_line, end, find_processes
from config.embedded.places import Place
from config.embedded.spawning import server_environment

ROLE = "fuxiang"
UNFINISHED = "data.new-"
SWEEP_SECONDS = 10.0


def prepare_cluster(place: Place, identity: Identity, password: str) -> Path:
    """The data folder of the place, made on first use and owned by the identity."""
    folder = place.postgres
    folder.mkdir(mode=0o700, exist_ok=True)
    data = folder / "data"
    _sweep_unfinished(folder)
    if _version_of(data) is None:
        _initialise(place, data, identity, password)
    elif _version_of(data) != POSTGRES_MAJOR:
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {_version_of(data)}, this is {POSTGRES_MAJOR}: "
            f"move {folder} away to begin anew."
        )
    give_to(identity, data)
    return data


def _version_of(data: Path) -> str | None:
    if not data.exists():
        return None
    try:
        return (data / "PG_VERSION").read_text("ascii").strip()
    except FileNotFoundError:
        if any(data.iterdir()):
            raise EmbeddedError(f"{data} is not a PostgreSQL folder; move it away.") from None
        data.rmdir()
        return None


def _initialise(place: Place, data: Path, identity: Identity, password: str) -> None:
    folder = place.postgres
    fresh = folder / f"{UNFINISHED}{secrets.token_hex(4)}"
    fresh.mkdir(mode=0o700)
    os.chown(fresh, identity.uid, identity.gid)
    password_file = folder / f"{fresh.name}.password"
    password_file.touch(0o600)
    password_file.write_text(password, "ascii")
    os.chown(password_file, identity.uid, identity.gid)
    command = [*identity.prefix, str(postgres_bin("initdb")), "-D", str(fresh)]
    command += ["--username", ROLE, "--pwfile", str(password_file), "--auth=scram-sha-256"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    command += ["--builtin-locale=C.UTF-8", "--no-instructions"]
    command += ["--no-sync"] if place.is_throwaway else []
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=server_environment(),
        check=False,
    )
    password_file.unlink()
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise EmbeddedError(f"PostgreSQL could not make its data folder: {said}")
    fresh.rename(data)


def _sweep_unfinished(folder: Path) -> None:
    """End what a killed start left running, and remove what it left behind.

    A helper that its starter began in the last moment is not seen and may write once more while
    its folder is removed; without its starter it ends by itself, and the next round removes all.
    """
    until = time.monotonic() + SWEEP_SECONDS
    while leftovers := list(folder.glob(f"{UNFINISHED}*")):
        _end_workers(folder)
        for leftover in leftovers:
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)
        if time.monotonic() > until:
            return
        time.sleep(0.05)


def _end_workers(folder: Path) -> None:
    begun = f"{folder / UNFINISHED}"

    def works_on_it(process: psutil.Process) -> bool:
        return any(argument.startswith(begun) for argument in command_line(process))

    starters = find_processes(works_on_it)
    helpers = [child for process in starters for child in _children(process)]
    end([*starters, *helpers], (signal.SIGKILL, 10))


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
