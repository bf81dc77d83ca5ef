from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import execute_from_command_line

from tests.province import ROOT
from tests.tenants.conftest import FOUR
from tests.tenants.own import OwnProvince, copied_province

LATER = {"DJANGO_SETTINGS_MODULE": "tests.tenants.late_settings"}
ALL = {f"b_{slug}" for slug in FOUR}


@pytest.fixture
def province(four_banks: OwnProvince) -> Iterator[OwnProvince]:
    """Of this release, with four banks; the next release has one room more."""
    with copied_province("upgrade", four_banks) as province:
        yield province


@pytest.fixture(scope="module")
def begun(four_banks: OwnProvince) -> Iterator[OwnProvince]:
    """To be copied: public and the template are of the next release, the four banks of this one."""
    with copied_province("begun", four_banks) as begun:
        states = "[outcome.state for outcome in tenants.upgrades._foundations()]"
        made = begun.run(f"import tenants.upgrades; print(json.dumps({states}))", **LATER)
        assert made == ["done", "done"]
        yield begun


@pytest.fixture
def behind(begun: OwnProvince) -> Iterator[OwnProvince]:
    """An upgrade has only the banks left to do."""
    with copied_province("behind", begun) as province:
        yield province


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def upgraded(province: OwnProvince) -> set[str]:
    rows = province.rows("SELECT schemaname FROM pg_tables WHERE tablename = 'late_late'")
    return {schema for (schema,) in rows} & ALL


# In one process, which is slow to start: again, then a new bank, then what a bank that was made
# before the upgrade holds more or less than it, but for the times.
AFTERWARDS = """
from io import StringIO
from django.core.management import call_command
from tenants.fingerprints import schema_lines
from tenants.services import provision_bank
out = StringIO()
call_command("upgrade_banks", "--json", stdout=out)
provision_bank(slug="new", name="New")
upgraded, new = (
    set(schema_lines(schema, without=["django_migrations.applied"]))
    for schema in ("b_north", "b_new")
)
print(json.dumps([json.loads(out.getvalue()), sorted(upgraded ^ new)]))
"""


def test_all_banks_follow_and_the_second_time_there_is_nothing_to_do(
    province: OwnProvince,
) -> None:
    first = province.upgrade("--wave", "3", "--jobs", "2", "--json", **LATER)

    assert first.returncode == 0, first.stderr
    assert (report(first)["banks"], report(first)["upgraded"]) == (4, 4)
    assert "banks upgraded 4/4" in first.stderr
    assert upgraded(province) == ALL
    assert province.rows(
        "SELECT count(*) FROM tenants_bankupgrade WHERE state = 'done' AND schema_name LIKE 'b\\_%'"
    ) == [(4,)]

    second, different = province.run(AFTERWARDS, **LATER)
    assert (second["behind"], second["failed"], second["outcomes"]) == (0, 0, [])
    assert province.rows("SELECT count(*) FROM b_new.late_late") == [(0,)]
    assert different == ['row auth_group {"id": 9000, "name": "only-north"}']


def test_a_failing_bank_neither_stops_the_others_nor_hides(behind: OwnProvince) -> None:
    done = behind.upgrade("--jobs", "2", "--json", LATE_FAILS="b_south", **LATER)

    assert done.returncode == 1
    failed = [outcome for outcome in report(done)["outcomes"] if outcome["state"] == "failed"]
    assert [outcome["schema"] for outcome in failed] == ["b_south"]
    assert "planted failure" in failed[0]["error"]
    assert upgraded(behind) == ALL - {"b_south"}
    assert behind.rows("SELECT schema_name FROM tenants_bankupgrade WHERE state = 'failed'") == [
        ("b_south",)
    ]

    again = behind.upgrade("--json", **LATER)
    assert (again.returncode, report(again)["behind"]) == (0, 1)
    assert upgraded(behind) == ALL


def test_a_bank_whose_schema_is_gone_is_reported_and_changed_seed_rows_alone_make_one_behind(
    province: OwnProvince,
) -> None:
    province.execute("DROP SCHEMA b_east CASCADE")
    province.execute("UPDATE tenants_bank SET seed_digest = 'old' WHERE slug = 'west'")
    province.execute("DELETE FROM b_west.auth_group_permissions")

    done = province.upgrade("--json")

    assert done.returncode == 1
    outcomes = {outcome["schema"]: outcome for outcome in report(done)["outcomes"]}
    assert {schema: outcome["state"] for schema, outcome in outcomes.items()} == {
        "b_east": "failed", "b_west": "done",
    }  # fmt: skip
    assert "b_east" in outcomes["b_east"]["error"]
    assert province.rows("SELECT count(*) > 0 FROM b_west.auth_group_permissions") == [(True,)]


def test_an_upgrade_that_is_killed_is_resumed(behind: OwnProvince) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "upgrade_banks", "--jobs", "2"], cwd=ROOT,
        env={**behind.env, **LATER, "LATE_STUCK": "b_south,b_east,b_west"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("banks upgraded 1/4")
    # The next ones are in the middle of their migration: both processes are stuck in it.
    wait_until(lambda: behind.rows(IN_THE_MIDDLE) == [(2,)])
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: is_gone(process.pid))
    assert upgraded(behind) == {"b_north"}

    resumed = behind.upgrade("--json", **LATER)

    assert resumed.returncode == 0, resumed.stderr
    assert report(resumed)["behind"] == 3
    assert upgraded(behind) == ALL
    applied = " UNION ALL ".join(
        f"SELECT count(*) FROM {schema}.django_migrations WHERE app = 'late'"  # noqa: S608  ours
        for schema in sorted(ALL)
    )
    assert behind.rows(applied) == [(1,)] * 4


IN_THE_MIDDLE = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'
      AND state_change < clock_timestamp() - interval '100 milliseconds'
"""


def is_gone(group: int) -> bool:
    """The killed command's own processes end by themselves."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", ["--jobs", "--wave"])
def test_senseless_numbers_are_a_usage_error(number: str) -> None:
    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(["manage.py", "upgrade_banks", number, "0"])

    assert ended.value.code == 2
