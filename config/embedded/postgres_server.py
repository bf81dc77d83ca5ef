"""Starts and stops PostgreSQL over the wheel's programs.

What starts or stops anything is called with the place's lock held.
"""

from __future__ import annotations

import secrets
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from config.embedded.accounts import postgres_identity
from config.embedded.binaries import postgres_bin
from config.embedded.cluster import ROLE, prepare_cluster
from config.embedded.errors import EmbeddedError
from config.embedded.living import (
    await_end,
    belongs,
    command_line,
    end,
    find_processes,
    is_alive,
    living,
)
from config.embedded.local_secrets import secret_of
from config.embedded.logs import last_words, size_of
from config.embedded.places import Place, digest_of
from config.embedded.socket_folders import clear_socket_folder, make_socket_folder
from config.embedded.spawning import spawn_server

PORT = 5432  # only part of the socket's name: nothing listens on TCP
START_SECONDS = 300.0  # crash recovery of a large database takes its time
# 102 schemas of about 60 tables: a dump or a wave of upgrades locks thousands at once.
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_locks_per_transaction": "1024",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "fsync": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %d ",
}
# A throw-away server: a killed process loses nothing even so, only a power cut would.
HASTY = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class PidFile:
    """postmaster.pid, as far as it was written."""

    pid: int
    socket_folder: Path | None
    status: str

    @classmethod
    def read(cls, data: Path) -> PidFile | None:
        try:
            lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
            pid = int(lines[0])
        except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
            return None
        lines += [""] * (8 - len(lines))
        return cls(abs(pid), Path(lines[4]) if lines[4] else None, lines[7].strip())


def url_of(place: Place, name: str = "fuxiang") -> str | None:
    """The address of the running server, or None."""
    found = PidFile.read(place.postgres / "data")
    if running_postmaster(place) is None or found is None or found.socket_folder is None:
        return None
    host = quote(str(found.socket_folder))
    return f"postgres://{ROLE}:{_password(place)}@/{quote(name)}?host={host}&port={PORT}"


def ensure_postgres(place: Place) -> bool:
    """Have the server running and ready; True if this call started it."""
    while (process := running_postmaster(place)) is not None:
        if _await_ready(place, process):
            return False
        await_end([process], 60)
    start_postgres(place)
    return True


def start_postgres(place: Place) -> None:
    identity = postgres_identity()
    data = prepare_cluster(place, identity, _password(place))
    _clear_remains(place, data)
    sockets = make_socket_folder(data)
    log = place.postgres / "postgres.log"
    begin = size_of(log)
    settings = SETTINGS | (HASTY if place.is_throwaway else {})
    settings |= {
        "unix_socket_directories": str(sockets),
        "cluster_name": _cluster_name(data),
    }
    command = [*identity.prefix, str(postgres_bin("postgres")), "-D", str(data)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    child = spawn_server(command, data, log)
    process = living(child.pid)
    if process is None or not _await_ready(place, process, child):
        said = last_words(log, begin)
        clear_socket_folder(sockets, data)
        raise EmbeddedError(f"PostgreSQL did not start: {said} (all of it: {log})")


def stop_postgres(place: Place) -> None:
    """Stop it with everything written; harsher only if it does not go."""
    process = running_postmaster(place)
    data = place.postgres / "data"
    found = PidFile.read(data)
    if process is not None:
        steps = (signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)
        if end([process], *steps):
            raise EmbeddedError(f"PostgreSQL (process {process.pid}) cannot be stopped.")
    _end_orphans(data)
    if found is not None and found.socket_folder is not None:
        clear_socket_folder(found.socket_folder, data)


def running_postmaster(place: Place) -> psutil.Process | None:
    """The live server of this place, whatever postmaster.pid claims."""
    data = place.postgres / "data"
    found = PidFile.read(data)
    process = living(found.pid) if found is not None else None
    if process is not None and _is_postmaster(process, data):
        return process
    return None


def _is_postmaster(process: psutil.Process, data: Path) -> bool:
    arguments = command_line(process)
    named = bool(arguments) and "postgres" in Path(arguments[0]).name and str(data) in arguments
    return belongs(process, "postgres", data, named=named)


def _await_ready(
    place: Place, process: psutil.Process, child: subprocess.Popen[bytes] | None = None
) -> bool:
    """False if it is ending or has ended; raises if it lives and never becomes ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (child is not None and child.poll() is not None) or not is_alive(process):
            return False
        found = PidFile.read(place.postgres / "data")
        if found is not None and found.pid == process.pid:
            if found.status == "stopping":
                return False
            if found.status == "ready" and _has_socket(found):
                return True
            if found.status == "ready":  # the temporary folder was emptied under it
                stop_postgres(place)
                return False
        time.sleep(0.03)
    raise EmbeddedError(f"PostgreSQL (process {process.pid}) does not become ready.")


def _has_socket(found: PidFile) -> bool:
    return found.socket_folder is not None and (found.socket_folder / f".s.PGSQL.{PORT}").exists()


def _clear_remains(place: Place, data: Path) -> None:
    """After a kill -9: backends without their master, and lock files that name a reused process.

    PostgreSQL itself refuses to start as long as any process has the id in those files.
    """
    found = PidFile.read(data)
    _end_orphans(data)
    (data / "postmaster.pid").unlink(missing_ok=True)
    if found is not None and found.socket_folder is not None:
        clear_socket_folder(found.socket_folder, data)


def _end_orphans(data: Path) -> None:
    title = f"postgres: {_cluster_name(data)}: "

    def is_orphan(process: psutil.Process) -> bool:
        arguments = command_line(process)
        titled = " ".join(arguments).startswith(title)
        started = "-D" in arguments and str(data) in arguments
        return belongs(process, "postgres", data, named=titled or started)

    # Most end by themselves once their master is gone; a busy one has to be told.
    left = await_end(find_processes(is_orphan), 1)
    left = end(left, (signal.SIGQUIT, 5), (signal.SIGKILL, 10))
    if left:
        pids = ", ".join(str(process.pid) for process in left)
        raise EmbeddedError(f"Processes {pids} of a dead PostgreSQL cannot be ended.")


def _cluster_name(data: Path) -> str:
    return f"fuxiang-{digest_of(data)}"


def _password(place: Place) -> str:
    return secret_of(place, "POSTGRES_PASSWORD", lambda: secrets.token_urlsafe(24))
