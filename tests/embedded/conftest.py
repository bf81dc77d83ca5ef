"""These tests drive real processes and need neither Django's settings nor its database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.leases import exclusive
from config.embedded.living import end
from config.embedded.places import THROWAWAY, Place, digest_of
from config.embedded.postgres_server import SETTINGS
from config.embedded.servers import ensure_servers, stop_everything

from .driving import GIVEN_DATABASE, OURS, Hold, Holder, running_below


@pytest.fixture(autouse=True)
def _public_schema_between_tests() -> None:
    """In place of the fixture of that name for tests with a database: there is none here."""


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    # Many servers at once on a small machine.
    monkeypatch.setitem(SETTINGS, "shared_buffers", "16MB")


def make_folder(prefix: str) -> Path:
    """In memory where there is room: each of these tests writes a whole database cluster."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**30
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None)).resolve()


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that ordinary users can reach, unlike pytest's own; no server may stay in it."""
    folder = make_folder("fx-")
    folder.chmod(0o755)
    yield folder
    left = running_below(folder)
    end(left, (signal.SIGKILL, 10))
    shutil.rmtree(folder, ignore_errors=True)
    assert left == [], "the test left servers behind"


@pytest.fixture
def empty_place(root: Path) -> Iterator[Place]:
    """A place that was never used."""
    place = Place(root / f"{THROWAWAY}local")
    yield place
    if place.root.exists():
        with exclusive(place.lock):
            stop_everything(place)
    name = f"fuxiang-{os.geteuid()}-{digest_of(place.postgres / 'data')}"
    assert not Path(tempfile.gettempdir(), name).exists(), "a socket folder was left behind"


@pytest.fixture(scope="session")
def used_root() -> Iterator[Path]:
    folder = make_folder("fx-used-")
    ensure_servers(folder / f"{THROWAWAY}local", environ={}).release()
    yield folder / f"{THROWAWAY}local"
    shutil.rmtree(folder)


@pytest.fixture
def place(empty_place: Place, used_root: Path) -> Place:
    """A place whose servers ran before: much quicker to start than an empty one."""
    # Much of it is write-ahead log that holds nothing yet.
    subprocess.run(["cp", "-a", "--sparse=always", used_root, empty_place.root], check=True)
    return empty_place


@pytest.fixture
def only_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests about something else than PostgreSQL: Redis alone starts in no time."""
    monkeypatch.setenv("DATABASE_URL", GIVEN_DATABASE)


@pytest.fixture
def hold(empty_place: Place) -> Iterator[Hold]:
    """Starts another process that uses the servers of the place."""
    holders: list[Holder] = []

    def start() -> Holder:
        holders.append(Holder.start(empty_place))
        return holders[-1]

    yield start
    for holder in holders:
        if holder.process.poll() is None:
            holder.kill()
