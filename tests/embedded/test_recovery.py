from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config.embedded import EmbeddedError, cluster, ensure_servers
from config.embedded.living import await_end, is_alive
from config.embedded.places import Place
from config.embedded.postgres_server import SETTINGS, PidFile, running_postmaster
from config.embedded.redis_server import running_redis

from .driving import HOLDER, Hold, environment, query, running_below, wait_for


def kill(process: psutil.Process | None) -> None:
    assert process is not None
    process.kill()
    await_end([process], 10)


def killed_server_with_data(place: Place) -> None:
    """A server that was killed with one committed row in it."""
    servers = ensure_servers(place.root)
    query(servers.database_url, "CREATE TABLE kept AS SELECT 42 AS value")
    kill(running_postmaster(place))
    servers.release()


def assert_data_are_back(place: Place) -> None:
    with ensure_servers(place.root) as servers:
        assert servers.started_postgres
        assert query(servers.database_url, "SELECT value FROM kept") == 42


def rewrite_pid(path: Path, pid: int) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join([str(pid), *lines[1:]]) + "\n")


def test_a_killed_postmaster_is_replaced_and_busy_backends_are_ended(place: Place) -> None:
    servers = ensure_servers(place.root)
    query(servers.database_url, "CREATE TABLE kept AS SELECT 42 AS value")
    with psycopg.connect(servers.database_url) as connection:
        backend = psutil.Process(connection.info.backend_pid)

        def be_busy() -> None:
            with suppress(psycopg.OperationalError):
                # A loop keeps nothing: a series in FROM would fill the disk with its rows.
                connection.execute("DO $$ BEGIN FOR n IN 1..2000000000 LOOP END LOOP; END $$")

        busy = threading.Thread(target=be_busy, daemon=True)
        busy.start()
        wait_for(lambda: backend.status() == psutil.STATUS_RUNNING)
        kill(running_postmaster(place))
        assert is_alive(backend), "the test needs a backend that does not notice"

        again = ensure_servers(place.root)

        assert again.started_postgres
        assert not again.started_redis
        assert not is_alive(backend)
        assert again.database_url == servers.database_url
        assert query(again.database_url, "SELECT value FROM kept") == 42
        busy.join(10)
    again.release()
    servers.release()


@pytest.mark.usefixtures("only_redis")
def test_redis_data_survive_a_kill(empty_place: Place) -> None:
    servers = ensure_servers(empty_place.root)
    redis.Redis.from_url(servers.redis_url).set("kept", "42")
    time.sleep(1.3)  # appendfsync everysec
    kill(running_redis(empty_place))

    again = ensure_servers(empty_place.root)

    assert again.started_redis
    assert not again.started_postgres
    assert again.redis_url == servers.redis_url
    assert redis.Redis.from_url(again.redis_url).get("kept") == b"42"
    again.release()
    servers.release()


@pytest.mark.usefixtures("only_redis")
def test_redis_takes_another_port_when_its_own_is_taken(empty_place: Place) -> None:
    with ensure_servers(empty_place.root) as servers:
        redis.Redis.from_url(servers.redis_url).set("kept", "42")
    port = int(servers.redis_url.rpartition(":")[2].partition("/")[0])
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind(("127.0.0.1", port))
        taker.listen()
        with ensure_servers(empty_place.root) as again:
            assert f":{port}/" not in again.redis_url
            assert redis.Redis.from_url(again.redis_url).get("kept") == b"42"


@pytest.mark.usefixtures("only_redis")
def test_a_truncated_append_only_file_is_mended(empty_place: Place) -> None:
    with ensure_servers(empty_place.root) as servers:
        client = redis.Redis.from_url(servers.redis_url)
        client.set("kept", "42")
        client.set("cut", "short")
    log = empty_place.redis / "appendonly.aof"
    os.truncate(log, log.stat().st_size - 3)

    with ensure_servers(empty_place.root) as servers:
        assert redis.Redis.from_url(servers.redis_url).get("kept") == b"42"


@contextmanager
def stranger() -> Iterator[int]:
    """A live process that has nothing to do with us."""
    process = subprocess.Popen(["sleep", "600"])
    try:
        yield process.pid
        assert process.poll() is None, "a stranger was ended"
    finally:
        process.kill()
        process.wait()


@contextmanager
def zombie() -> Iterator[int]:
    process = subprocess.Popen(["true"])
    wait_for(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    try:
        yield process.pid
    finally:
        process.wait()


@pytest.mark.parametrize("other", [stranger, zombie])
def test_a_reused_pid_is_not_taken_for_the_server(
    place: Place, other: Callable[[], AbstractContextManager[int]]
) -> None:
    killed_server_with_data(place)
    servers = ensure_servers(place.root)
    written = PidFile.read(place.postgres / "data")
    assert written is not None
    assert written.socket_folder is not None
    kill(running_postmaster(place))
    kill(running_redis(place))

    with other() as pid:
        rewrite_pid(place.postgres / "data" / "postmaster.pid", pid)
        rewrite_pid(written.socket_folder / ".s.PGSQL.5432.lock", pid)
        (place.redis / "redis.pid").write_text(f"{pid}\n")
        assert running_postmaster(place) is None
        assert running_redis(place) is None

        assert_data_are_back(place)
    servers.release()


def test_a_copied_project_does_not_take_the_other_server_for_its_own(root: Path) -> None:
    with ensure_servers(root / "one") as one:
        query(one.database_url, "CREATE TABLE kept AS SELECT 42 AS value")
        query(one.database_url, "CHECKPOINT")
        shutil.copytree(root / "one", root / "two", ignore=shutil.ignore_patterns("leases"))

        with ensure_servers(root / "two") as two:
            assert two.started_postgres
            assert two.started_redis
            assert two.database_url != one.database_url
            query(two.database_url, "UPDATE kept SET value = 7")

        assert query(one.database_url, "SELECT value FROM kept") == 42


def test_a_project_renamed_under_its_server_gets_no_second_one(root: Path) -> None:
    servers = ensure_servers(root / "before")
    (root / "before").rename(root / "after")

    again = ensure_servers(root / "after")

    assert not again.started_postgres
    assert not again.started_redis
    assert query(again.database_url, "SELECT 1") == 1
    again.release()
    assert running_postmaster(Place(root / "after")) is not None, "the first lease still holds"
    with suppress(FileNotFoundError):
        servers.release()
    ensure_servers(root / "after").release()
    assert running_below(root) == []


def test_a_new_project_in_the_place_of_a_renamed_one_leaves_its_server_alone(root: Path) -> None:
    before = ensure_servers(root / "project")
    old = running_postmaster(Place(root / "project"))
    assert old is not None
    (root / "project").rename(root / "old")

    with ensure_servers(root / "project") as after:
        assert after.started_postgres
        assert after.started_redis
        assert is_alive(old)
        assert after.database_url != before.database_url
        query(after.database_url, "CREATE TABLE mine (id int)")
        assert query(before.database_url, "SELECT to_regclass('mine')") is None

    assert is_alive(old)
    before.release()
    ensure_servers(root / "old").release()


@pytest.mark.parametrize("victims", ["supervisor", "initdb", "both"])
def test_a_kill_during_initdb_leaves_nothing_half_made(
    empty_place: Place, hold: Hold, victims: str
) -> None:
    first = hold()

    def initdb() -> psutil.Process | None:
        found = [each for each in running_below(empty_place.postgres) if each.name() == "initdb"]
        return found[0] if found else None

    maker = wait_for(initdb)
    if victims in ("supervisor", "both"):
        first.process.kill()
    if victims in ("initdb", "both"):
        maker.kill()
    first.process.communicate(timeout=60)
    assert not (empty_place.postgres / "data").exists()

    with ensure_servers(empty_place.root) as servers:
        assert query(servers.database_url, "SELECT current_database()") == "fuxiang"
        assert not is_alive(maker)

    assert sorted(path.name for path in empty_place.postgres.iterdir()) == ["data", "postgres.log"]


def test_a_folder_that_is_still_written_to_while_it_is_removed_is_removed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, remove = tmp_path / f"{cluster.UNFINISHED}12345678", shutil.rmtree
    tried: list[Path] = []

    def remove_at_the_second_time(place: Path, ignore_errors: bool = False) -> None:
        tried.append(place)
        if len(tried) > 1:
            remove(place, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", remove_at_the_second_time)
    (left / "base").mkdir(parents=True)
    cluster._sweep_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_start_that_is_killed_at_any_moment_is_made_good(empty_place: Place) -> None:
    for delay in (0.2, 0.4, 0.6, 0.8, 1.0):
        starter = subprocess.Popen(
            [sys.executable, str(HOLDER)], env=environment(empty_place), stdin=subprocess.PIPE
        )
        time.sleep(delay)
        starter.kill()
        starter.communicate()

    with ensure_servers(empty_place.root) as servers:
        assert query(servers.database_url, "SELECT 1") == 1
        assert redis.Redis.from_url(servers.redis_url).ping()


def test_an_emptied_temporary_folder_costs_a_restart_only(place: Place) -> None:
    servers = ensure_servers(place.root)
    written = PidFile.read(place.postgres / "data")
    assert written is not None
    assert written.socket_folder is not None
    shutil.rmtree(written.socket_folder)

    with ensure_servers(place.root) as again:
        assert again.started_postgres
        assert query(servers.database_url, "SELECT 1") == 1
    servers.release()


def test_a_squatted_socket_folder_is_not_used(place: Place, root: Path) -> None:
    with ensure_servers(place.root):
        written = PidFile.read(place.postgres / "data")
    assert written is not None
    assert written.socket_folder is not None
    (root / "theirs").mkdir(mode=0o700)
    written.socket_folder.symlink_to(root / "theirs")
    try:
        with ensure_servers(place.root) as servers:
            assert str(written.socket_folder) + "&" not in servers.database_url
            assert query(servers.database_url, "SELECT 1") == 1
        assert list((root / "theirs").iterdir()) == []
    finally:
        written.socket_folder.unlink()


def test_a_server_that_is_stopping_is_waited_for(place: Place) -> None:
    servers = ensure_servers(place.root)
    postmaster = running_postmaster(place)
    assert postmaster is not None
    connection = psycopg.connect(servers.database_url)
    postmaster.send_signal(signal.SIGTERM)  # a smart stop: it waits for its clients
    wait_for(lambda: (PidFile.read(place.postgres / "data") or written_as_ready).status != "ready")
    threading.Timer(0.5, connection.close).start()

    with ensure_servers(place.root) as again:
        assert again.started_postgres
        assert query(again.database_url, "SELECT 1") == 1
    servers.release()


written_as_ready = PidFile(0, None, "ready")


def test_a_foreign_data_folder_is_refused_with_a_sentence(empty_place: Place) -> None:
    (empty_place.postgres / "data").mkdir(parents=True)
    (empty_place.postgres / "data" / "photo.jpg").touch()

    with pytest.raises(EmbeddedError, match=r"is not a PostgreSQL folder; move it away\.$"):
        ensure_servers(empty_place.root)

    assert running_redis(empty_place) is None
    assert (empty_place.postgres / "data" / "photo.jpg").exists()


def test_a_server_that_cannot_start_says_why(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETTINGS, "max_connections", "none")

    with pytest.raises(EmbeddedError, match=r'did not start: .*"max_connections".*postgres\.log'):
        ensure_servers(place.root)

    assert running_redis(place) is None
