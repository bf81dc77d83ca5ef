"""A small province for tests that need real processes: its own database and the real web server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.web import web_command

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "Province-2026"
READY_SECONDS = 90
# Tests that run side by side inherit the number of the process that started them.
MIGRATED = f"test_migrated_{os.environ.setdefault('TEST_RUN', str(os.getpid()))}"


@dataclass(frozen=True)
class Province:
    port: int
    env: dict[str, str]

    def address(self, host: str, path: str = "/") -> str:
        return f"http://{host}.localhost:{self.port}{path}"

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return _manage(self.env, *arguments, check=check)


@contextmanager
def migrated_database(name: str) -> Iterator[dict[str, str]]:
    """``own_database`` with public and the template, as ``upgrade_banks`` leaves them, and without
    a bank."""
    with own_database(name, template=migrated_template()) as env:
        yield env


@cache
def migrated_template() -> str:
    """A database to copy: a migration takes much longer. All processes of a run share it."""
    with _administration() as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [MIGRATED])
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [MIGRATED])
        if not found.fetchone():
            # Under its name it is whole.
            with own_database("migrating") as env:
                _manage(env, "upgrade_banks")
                made = urlsplit(env["DATABASE_URL"]).path.removeprefix("/")
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(rename.format(sql.Identifier(made), sql.Identifier(MIGRATED)))
    return MIGRATED


def drop_migrated_template() -> None:
    with _administration() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(MIGRATED)))


def _administration() -> psycopg.Connection:
    return psycopg.connect(_beside("postgres"), autocommit=True)


def _beside(database: str) -> str:
    """The address of another database of the tests' server."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _manage(
    env: dict[str, str], *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=env,
        check=check,
        capture_output=True,
        text=True,
        timeout=300,
    )


@contextmanager
def own_database(name: str, template: str = "template1") -> Iterator[dict[str, str]]:
    """The environment of processes that work on a database of their own, which is removed
    afterwards; it begins as a copy of ``template``."""
    database = f"test_{name}_{os.getpid()}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with _administration() as connection:
        connection.execute(create.format(sql.Identifier(database), sql.Identifier(template)))
    media = tempfile.TemporaryDirectory(prefix="fuxiang-media-")
    try:
        yield {
            **os.environ,
            "DATABASE_URL": _beside(database),
            "MEDIA_ROOT": media.name,
            "DEBUG": "1",
            "BASE_DOMAIN": "localhost",
            "CHANGE_READER": "thread",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
    finally:
        media.cleanup()
        with _administration() as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(database)))


@contextmanager
def running_province(name: str, banks: int) -> Iterator[Province]:
    """A demo of some banks, served on a port of its own."""
    with migrated_database(name) as env:
        port = free_port()
        demo = {"DEMO": "1", "DEMO_PASSWORD": PASSWORD, "PORT": str(port)}
        province = Province(port, {**env, **demo})
        province.manage("load_demo", "--banks", str(banks))
        with web_server(province):
            yield province


@contextmanager
def web_server(
    province: Province, threads: int = 4, workers: int = 1
) -> Iterator[subprocess.Popen[bytes]]:
    command = web_command("127.0.0.1", province.port, workers=workers, threads=threads)
    process = subprocess.Popen(command, cwd=ROOT, env=province.env)
    try:
        wait_until_ready(province, process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_until_ready(province: Province, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The web server ended with {process.returncode}.")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{province.port}/readyz", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("The web server did not become ready.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
