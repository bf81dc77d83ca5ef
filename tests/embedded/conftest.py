"""These tests drive real processes and need neither Django's settings nor its database."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.leases import exclusive
from config.embedded.living import end
from config.embedded.places import Place
from config.embedded.postgres_server import SETTINGS
from config.embedded.servers import stop_everything

from .driving import OURS, Hold, Holder, running_below


@pytest.fixture(autouse=True)
def _public_schema_between_tests() -> None:
    """In place of the fixture of that name for tests with a database: there is none here."""


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    # Many servers at once on a small machine.
    monkeypatch.setitem(SETTINGS, "shared_buffers", "16MB")


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that ordinary users can reach, unlike pytest's own; no server may stay in it."""
    folder = Path(tempfile.mkdtemp(prefix="fx-")).resolve()
    folder.chmod(0o755)
    yield folder
    left = running_below(folder)
    end(left, (signal.SIGKILL, 10))
    shutil.rmtree(folder, ignore_errors=True)
    assert left == [], "the test left servers behind"


@pytest.fixture
def place(root: Path) -> Iterator[Place]:
    made = Place(root / "local")
    yield made
    if made.root.exists():
        with exclusive(made.lock):
            stop_everything(made)


@pytest.fixture
def hold(place: Place) -> Iterator[Hold]:
    """Starts another process that uses the servers of the place."""
    holders: list[Holder] = []

    def start() -> Holder:
        holders.append(Holder.start(place))
        return holders[-1]

    yield start
    for holder in holders:
        if holder.process.poll() is None:
            holder.kill()
