from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import ensure_servers
from config.embedded.living import is_alive
from config.embedded.places import Place
from config.embedded.postgres_server import running_postmaster

from .driving import environment, query, running_below, wait_for

RUN = [sys.executable, "-m", "config.embedded", "run"]
# Writes its id to a file, and then which signals it got within half a second after the first.
LISTENER = """
import os, pathlib, signal, sys, time
if "apart" in sys.argv:
    os.setpgrp()
got = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: got.append(number))
said = pathlib.Path(sys.argv[1])
said.with_suffix(".new").write_text(str(os.getpid()))
said.with_suffix(".new").rename(said)
while not got:
    time.sleep(0.01)
time.sleep(0.5)
said.with_suffix(".got").write_text(" ".join(signal.Signals(n).name for n in got))
sys.exit(5)
"""


def run(place: Place, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *words],
        env=environment(place, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def listener(root: Path) -> list[str]:
    return [*RUN, "--", sys.executable, "-c", LISTENER, str(root / "said")]


def test_the_command_gets_the_addresses_and_secrets_and_its_code_comes_back(
    empty_place: Place, root: Path
) -> None:
    code = (
        "import os, psycopg, redis, sys;"
        "psycopg.connect(os.environ['DATABASE_URL']).close();"
        "redis.Redis.from_url(os.environ['REDIS_URL']).ping();"
        "assert os.environ['SECRET_KEY'] and os.environ['FIELD_KEYS'];"
        "assert os.environ['FUXIANG_EMBEDDED'] == '1';"
        "sys.exit(7)"
    )

    done = run(empty_place, "--", sys.executable, "-c", code)

    assert (done.returncode, done.stderr) == (7, "")
    assert running_below(root) == []


@pytest.mark.usefixtures("only_redis")
def test_a_command_that_a_signal_ends_is_told_as_a_shell_would(empty_place: Place) -> None:
    assert run(empty_place, "--", "sh", "-c", "kill -9 $$").returncode == 137


@pytest.mark.usefixtures("only_redis")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--", "/no/such/program"], "/no/such/program cannot be run (No such file or directory)."),
        (["--"], "Give the command to run after --."),
    ],
)
def test_a_command_that_cannot_be_run_costs_one_sentence(
    empty_place: Place, root: Path, words: list[str], said: str
) -> None:
    done = run(empty_place, *words)

    assert (done.returncode, done.stderr) == (1, f"{said}\n")
    assert running_below(root) == []


@pytest.mark.usefixtures("only_redis")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_once(empty_place: Place, root: Path, number: signal.Signals) -> None:
    supervisor = subprocess.Popen(listener(root), env=environment(empty_place))
    wait_for((root / "said").exists)

    supervisor.send_signal(number)

    assert supervisor.wait(60) == 5
    assert (root / "said.got").read_text() == number.name
    assert running_below(root) == []


@pytest.mark.usefixtures("only_redis")
def test_a_control_c_in_the_terminal_reaches_the_command_once(
    empty_place: Place, root: Path
) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, listener(root), environment(empty_place))  # noqa: S606
    wait_for((root / "said").exists)

    os.write(terminal, b"\x03")

    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 5
    assert (root / "said.got").read_text() == "SIGINT"
    assert running_below(root) == []


@pytest.mark.usefixtures("only_redis")
def test_a_control_c_in_the_terminal_is_not_passed_on_a_second_time(
    empty_place: Place, root: Path
) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        command = [*listener(root), "apart"]  # where the terminal itself does not reach it
        os.execve(sys.executable, command, environment(empty_place))  # noqa: S606
    wait_for((root / "said").exists)

    os.write(terminal, b"\x03")
    time.sleep(0.5)
    os.kill(int((root / "said").read_text()), signal.SIGTERM)

    os.waitpid(pid, 0)
    os.close(terminal)
    assert (root / "said.got").read_text() == "SIGTERM"


def test_a_term_while_the_servers_start_leaves_nothing(empty_place: Place, root: Path) -> None:
    for delay in (0.3, 0.6):
        supervisor = subprocess.Popen([*RUN, "--", "sleep", "60"], env=environment(empty_place))
        time.sleep(delay)
        supervisor.terminate()
        supervisor.wait(60)

        assert running_below(root) == []


def test_the_command_dies_with_a_killed_supervisor_and_the_servers_do_not(
    place: Place, root: Path
) -> None:
    command = [*RUN, "--", sys.executable, "-c", LISTENER, str(root / "said")]
    supervisor = subprocess.Popen(command, env=environment(place))
    wait_for((root / "said").exists)
    child = psutil.Process(int((root / "said").read_text()))

    supervisor.kill()
    supervisor.wait()

    wait_for(lambda: not is_alive(child))
    assert (root / "said.got").read_text() == "SIGTERM"
    assert running_postmaster(place) is not None
    ensure_servers(place.root).release()
    assert running_below(root) == []


@pytest.fixture
def temporary(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (root / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(root / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return root / "tmp"


def test_a_throwaway_run_leaves_nothing(place: Place, root: Path, temporary: Path) -> None:
    with ensure_servers(place.root) as servers:
        code = "import os; print(os.environ['DATABASE_URL'], os.environ['FUXIANG_LOCAL_DIR'])"

        done = run(place, "--throwaway", "--", sys.executable, "-c", code)

        assert done.returncode == 0
        url, local_dir = done.stdout.split()
        assert url != servers.database_url
        assert Path(local_dir).parent == temporary
        assert list(temporary.glob("fuxiang-throwaway-*")) == []
        assert query(servers.database_url, "SELECT 1") == 1
    assert running_below(root) == []
    assert list(temporary.iterdir()) == []


def test_what_a_killed_throwaway_run_left_is_swept_by_the_next(
    place: Place, root: Path, temporary: Path
) -> None:
    command = [*RUN, "--throwaway", "--", sys.executable, "-c", LISTENER, str(root / "said")]
    supervisor = subprocess.Popen(command, env=environment(place))
    wait_for((root / "said").exists)
    supervisor.kill()
    supervisor.wait()
    wait_for((root / "said.got").exists)
    assert {each.name() for each in running_below(temporary)} == {"postgres", "redis-server"}

    assert run(place, "--throwaway", "--", "true").returncode == 0

    assert running_below(temporary) == []
    assert list(temporary.iterdir()) == []


def test_a_throwaway_run_on_a_given_server_has_its_own_database_there(
    place: Place, temporary: Path
) -> None:
    with ensure_servers(place.root) as servers:
        given = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
        code = (
            "import os, psycopg, redis;"
            "connection = psycopg.connect(os.environ['DATABASE_URL'], autocommit=True);"
            "connection.execute('CREATE TABLE mine (id int)');"
            "redis.Redis.from_url(os.environ['REDIS_URL']).set('mine', 1);"
            "print(connection.info.dbname, os.environ['REDIS_URL'])"
        )

        done = run(place, "--throwaway", "--", sys.executable, "-c", code, **given)

        assert done.returncode == 0, done.stderr
        name, redis_url = done.stdout.split()
        assert name.startswith("fuxiang_throwaway_")
        assert redis_url.endswith("/63")
        with psycopg.connect(servers.database_url) as connection:
            names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
        assert name not in names
        assert query(servers.database_url, "SELECT to_regclass('mine')") is None
