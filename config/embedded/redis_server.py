"""Starts and stops Redis over the wheel's program.

What starts or stops anything is called with the place's lock held.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

from config.embedded.binaries import redis_bin
from config.embedded.errors import EmbeddedError
from config.embedded.living import belongs, command_line, end, find_processes, is_alive, living
from config.embedded.local_secrets import secret_of
from config.embedded.logs import last_words, size_of
from config.embedded.places import Place, digest_of
from config.embedded.spawning import spawn_server

HOST = "127.0.0.1"
START_SECONDS = 120.0
ATTEMPTS = 5
SETTINGS = {
    "bind": HOST,
    "protected-mode": "yes",
    "databases": "64",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
    "maxmemory": "512mb",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "set-proc-title": "yes",
}
# For data that nobody will miss: a busy disk must not hold up every answer.
HASTY = {"appendfsync": "no"}


def url_of(place: Place) -> str | None:
    """The address of the running server, or None."""
    port = _written_port(place)
    if port is None or running_redis(place) is None:
        return None
    return f"redis://:{_password(place)}@{HOST}:{port}/0"


def ensure_redis(place: Place) -> bool:
    """Have the server running and ready; True if this call started it."""
    process = running_redis(place)
    port = _written_port(place)
    if process is not None and port is not None and _await_ready(place, process, port):
        return False
    _end_orphans(place)
    for attempt in range(ATTEMPTS):
        if _start(place, last=attempt == ATTEMPTS - 1):
            break
    return True


def stop_redis(place: Place) -> None:
    process = running_redis(place)
    if process is not None and end([process], (signal.SIGTERM, 20), (signal.SIGKILL, 10)):
        raise EmbeddedError(f"Redis (process {process.pid}) cannot be stopped.")
    _end_orphans(place)


def running_redis(place: Place) -> psutil.Process | None:
    """The live server of this place, whatever its pid file claims."""
    try:
        process = living(int((place.redis / "redis.pid").read_text("ascii")))
    except (OSError, ValueError):
        return None
    return process if process is not None and _is_ours(process, place) else None


def _is_ours(process: psutil.Process, place: Place) -> bool:
    """The server, or a child of it that rewrites the append-only file."""
    words = " ".join(command_line(process)).split()
    program = Path(words[0]).name if words else ""
    titled = program.startswith("redis-") and _title(place) in words
    started = program == "redis-server" and str(_file(place)) in command_line(process)
    return belongs(process, "redis-server", place.redis, named=titled or started)


def _start(place: Place, *, last: bool) -> bool:
    """One attempt. The port may be taken between choosing and binding it: then try another."""
    place.redis.mkdir(mode=0o700, exist_ok=True)
    port = _free_port(_written_port(place))
    _write_settings(place, port)
    log = place.redis / "redis.log"
    begin = size_of(log)
    child = spawn_server([str(redis_bin()), str(_file(place))], place.redis, log)
    process = living(child.pid)
    if process is not None and _await_ready(place, process, port, child):
        return True
    said = last_words(log, begin)
    if last or "Address already in use" not in said:
        raise EmbeddedError(f"Redis did not start: {said} (all of it: {log})")
    return False


def _await_ready(
    place: Place, process: psutil.Process, port: int, child: subprocess.Popen[bytes] | None = None
) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (child is not None and child.poll() is not None) or not is_alive(process):
            return False
        if _answering_process(place, port) == process.pid:
            return True
        time.sleep(0.02)
    raise EmbeddedError(f"Redis (process {process.pid}) does not answer on port {port}.")


def _answering_process(place: Place, port: int) -> int | None:
    """The id of the process that answers there to our password and has loaded its data."""
    asked = f"AUTH {_password(place)}\r\nINFO server\r\nPING\r\nQUIT\r\n"
    said = b""
    try:
        with socket.create_connection((HOST, port), timeout=5) as connection:
            connection.sendall(asked.encode("ascii"))
            while chunk := connection.recv(65536):
                said += chunk
    except OSError:
        return None
    found = re.search(rb"process_id:(\d+)", said)
    return int(found[1]) if found and b"+PONG" in said else None


def _free_port(wanted: int | None) -> int:
    """The port of last time if it is free, so that clients find a recovered server again."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port or 0))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedError(f"No port of {HOST} is free for Redis.")


def _write_settings(place: Place, port: int) -> None:
    settings = (
        SETTINGS
        | (HASTY if place.is_throwaway else {})
        | {
            "port": str(port),
            "dir": _quoted(str(place.redis)),
            "pidfile": _quoted(str(place.redis / "redis.pid")),
            "requirepass": _quoted(_password(place)),
            "proc-title-template": _quoted(f"{{title}} {_title(place)}"),
        }
    )
    fresh = _file(place).with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(f"{name} {value}\n" for name, value in settings.items())
    fresh.replace(_file(place))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _written_port(place: Place) -> int | None:
    try:
        found = re.search(r"^port (\d+)$", _file(place).read_text("utf-8"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) if found else None


def _end_orphans(place: Place) -> None:
    left = find_processes(lambda process: _is_ours(process, place))
    if end(left, (signal.SIGTERM, 5), (signal.SIGKILL, 10)):
        raise EmbeddedError(f"Processes of a dead Redis in {place.redis} cannot be ended.")
    (place.redis / "redis.pid").unlink(missing_ok=True)


def _title(place: Place) -> str:
    return f"fuxiang-{digest_of(place.redis)}"


def _file(place: Place) -> Path:
    return place.redis / "redis.conf"


def _password(place: Place) -> str:
    return secret_of(place, "REDIS_PASSWORD", lambda: secrets.token_urlsafe(24))
