from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from config.embedded import ensure_database, ensure_servers
from config.embedded.places import Place
from config.embedded.postgres_server import running_postmaster
from config.embedded.redis_server import running_redis

from .driving import GIVEN_DATABASE, Hold, environment, query, running_below


def test_servers_are_configured_for_a_province(root: Path) -> None:
    with ensure_servers(root / "local") as servers:
        with psycopg.connect(servers.database_url) as connection:
            settings: dict[str, str] = dict(
                connection.execute("SELECT name, setting FROM pg_settings").fetchall()
            )
        client = redis.Redis.from_url(servers.redis_url)
        configured = client.config_get("*")

    assert settings["server_version"].startswith("18.")
    assert settings["fsync"] == "on"
    assert settings["jit"] == "off"
    assert settings["TimeZone"] == "UTC"
    assert settings["listen_addresses"] == ""
    assert settings["max_locks_per_transaction"] == "1024"
    assert settings["max_connections"] == "200"
    assert settings["server_encoding"] == "UTF8"
    assert configured["appendonly"] == "yes"
    assert configured["maxmemory-policy"] == "noeviction"
    assert configured["maxmemory"] == str(512 * 1024 * 1024)
    assert configured["databases"] == "64"


def test_passwords_are_required_and_the_last_one_out_stops_the_servers(
    place: Place, root: Path
) -> None:
    servers = ensure_servers(place.root)

    def with_wrong_password(url: str) -> str:
        return url.replace(urlsplit(url).password or "", "wrong")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(with_wrong_password(servers.database_url))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(with_wrong_password(servers.redis_url)).ping()
    servers.release()
    servers.release()

    assert running_below(root) == []
    assert list(place.leases.iterdir()) == []


def test_files_of_a_place_are_closed_to_others(place: Place) -> None:
    with ensure_servers(place.root):
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in [place.root, *place.root.iterdir(), *place.redis.glob("redis.conf")]
        }

    assert {mode & 0o077 for mode in modes.values()} == {0}
    assert modes["secrets.json"] == 0o600
    assert modes["redis.conf"] == 0o600


def test_three_starts_at_once_make_one_server(empty_place: Place, hold: Hold, root: Path) -> None:
    holders = [hold(), hold(), hold()]

    said = [holder.said for holder in holders]

    assert len({each["postmaster"] for each in said}) == 1
    assert len({each["redis"] for each in said}) == 1
    assert sorted(each["started_postgres"] for each in said) == [False, False, True]
    assert sorted(each["started_redis"] for each in said) == [False, False, True]
    assert [query(each["database_url"], "SELECT 1") for each in said] == [1, 1, 1]
    assert [holder.leave() for holder in holders] == [0, 0, 0]
    assert running_below(root) == []


def test_another_user_keeps_the_servers_alive(place: Place, hold: Hold) -> None:
    first, second = hold(), hold()
    pid = first.said["postmaster"]
    assert second.said["postmaster"] == pid

    first.leave()

    postmaster = running_postmaster(place)
    assert postmaster is not None
    assert postmaster.pid == pid
    second.leave()
    assert running_postmaster(place) is None
    assert running_redis(place) is None


def test_a_killed_user_counts_no_more(place: Place, hold: Hold) -> None:
    killed = hold()
    pid = killed.said["postmaster"]
    killed.kill()
    assert running_postmaster(place) is not None

    later = hold()
    assert later.said["postmaster"] == pid
    assert later.said["started_postgres"] is False
    later.leave()

    assert running_postmaster(place) is None


def test_a_given_database_starts_no_postgres(
    empty_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", GIVEN_DATABASE)

    with ensure_servers(empty_place.root) as servers:
        assert servers.database_url == GIVEN_DATABASE
        assert servers.embedded_redis
        assert not servers.embedded_postgres
        assert redis.Redis.from_url(servers.redis_url).ping()
        assert not empty_place.postgres.exists()


def test_a_given_redis_starts_no_redis(empty_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://example.invalid/0")

    with ensure_servers(empty_place.root) as servers:
        assert servers.redis_url == "redis://example.invalid/0"
        assert query(servers.database_url, "SELECT current_database()") == "fuxiang"
        assert not empty_place.redis.exists()


def test_both_given_touch_nothing(empty_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", GIVEN_DATABASE)
    monkeypatch.setenv("REDIS_URL", "redis://example.invalid/0")

    with ensure_servers(empty_place.root) as servers:
        assert not servers.started_postgres
        assert not servers.started_redis

    assert not empty_place.root.exists()


def test_a_database_is_made_once(place: Place) -> None:
    with ensure_servers(place.root) as servers:
        url = ensure_database("一 bank's", servers.database_url)
        query(url, "CREATE TABLE kept (id int)")

        assert ensure_database("一 bank's", servers.database_url) == url
        assert query(url, "SELECT current_database()") == "一 bank's"
        assert query(url, "SELECT count(*) FROM kept") == 0


def test_a_long_path_with_spaces_and_chinese_works(root: Path) -> None:
    folder = root / ("很长的路径 with 'quotes\" and, commas " * 3) / ("x" * 40)
    folder.mkdir(parents=True)
    place = Place(folder / ".local")
    assert len(str(place.root)) > 150

    with ensure_servers(place.root) as servers:
        query(servers.database_url, "CREATE TABLE kept (id int)")
        redis.Redis.from_url(servers.redis_url).set("kept", "1")
    with ensure_servers(place.root) as servers:
        assert query(servers.database_url, "SELECT count(*) FROM kept") == 0
        assert redis.Redis.from_url(servers.redis_url).get("kept") == b"1"

    assert running_below(root) == []


def test_the_package_needs_no_django() -> None:
    code = (
        "import sys, config.embedded.__main__, config.embedded.processes;"
        "sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_start_keeps_the_servers_until_stop(place: Place, root: Path) -> None:
    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "config.embedded", *words],
            env=environment(place),
            capture_output=True,
            text=True,
            check=False,
        )

    assert command("env").returncode == 1
    assert command("start").returncode == 0
    assert command("run", "--", "true").returncode == 0
    assert running_postmaster(place) is not None
    assert command("status").returncode == 0
    assert "export DATABASE_URL='postgres://" in command("env").stdout
    with ensure_servers(place.root):
        refused = command("stop")
        assert refused.returncode == 1
        assert "Still in use" in refused.stderr
        assert running_postmaster(place) is not None
    assert command("stop").returncode == 0
    assert running_below(root) == []
