from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.province import ROOT
from tests.tenants.conftest import FOUR, MAKE_FOUR
from tests.tenants.own import OwnProvince, own_province

LATER = {"DJANGO_SETTINGS_MODULE": "tests.tenants.late_settings"}


@pytest.fixture
def province(django_db_setup: None) -> Iterator[OwnProvince]:
    """Of this release, with four banks; the next release has one room more."""
    with own_province("upgrade") as province:
        province.run(MAKE_FOUR)
        yield province


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def upgraded(province: OwnProvince) -> set[str]:
    rows = province.rows("SELECT schemaname FROM pg_tables WHERE tablename = 'late_late'")
    return {schema for (schema,) in rows} & {f"b_{slug}" for slug in FOUR}


ALL = {f"b_{slug}" for slug in FOUR}


def test_all_banks_follow_and_the_second_time_there_is_nothing_to_do(
    province: OwnProvince,
) -> None:
    first = province.upgrade("--wave", "3", "--jobs", "2", "--json", **LATER)
    second = province.upgrade("--json", **LATER)

    assert first.returncode == second.returncode == 0, first.stderr
    assert (report(first)["banks"], report(first)["upgraded"]) == (4, 4)
    assert (report(second)["behind"], report(second)["outcomes"]) == (0, [])
    assert "banks upgraded 4/4" in first.stderr
    assert upgraded(province) == ALL
    assert province.rows(
        "SELECT count(*) FROM tenants_bankupgrade WHERE state = 'done' AND schema_name LIKE 'b\\_%'"
    ) == [(4,)]

    fresh = "from tenants.services import provision_bank; provision_bank(slug='new', name='New')"
    province.run(fresh, **LATER)
    assert province.rows("SELECT count(*) FROM b_new.late_late") == [(0,)]


def test_a_failing_bank_neither_stops_the_others_nor_hides(province: OwnProvince) -> None:
    done = province.upgrade("--jobs", "2", "--json", LATE_FAILS="b_south", **LATER)

    assert done.returncode == 1
    failed = [outcome for outcome in report(done)["outcomes"] if outcome["state"] == "failed"]
    assert [outcome["schema"] for outcome in failed] == ["b_south"]
    assert "planted failure" in failed[0]["error"]
    assert upgraded(province) == ALL - {"b_south"}
    assert province.rows("SELECT schema_name FROM tenants_bankupgrade WHERE state = 'failed'") == [
        ("b_south",)
    ]

    again = province.upgrade("--json", **LATER)
    assert (again.returncode, report(again)["behind"]) == (0, 1)
    assert upgraded(province) == ALL


def test_a_bank_whose_schema_is_gone_is_reported(province: OwnProvince) -> None:
    province.execute("DROP SCHEMA b_east CASCADE")

    done = province.upgrade("--json")

    assert done.returncode == 1
    assert [outcome["schema"] for outcome in report(done)["outcomes"]] == ["b_east"]
    assert "b_east" in report(done)["outcomes"][0]["error"]


def test_an_upgrade_that_is_killed_is_resumed(province: OwnProvince) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "upgrade_banks", "--jobs", "2"], cwd=ROOT,
        env={**province.env, **LATER, "LATE_SECONDS": "1.5"}, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("banks upgraded 1/4")
    time.sleep(0.5)  # the next ones have begun
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until_gone(process.pid)
    done_before = upgraded(province)
    assert done_before
    assert done_before < ALL

    resumed = province.upgrade("--json", **LATER)

    assert resumed.returncode == 0, resumed.stderr
    assert report(resumed)["behind"] == 4 - len(done_before)
    assert upgraded(province) == ALL
    applied = " UNION ALL ".join(
        f"SELECT count(*) FROM {schema}.django_migrations WHERE app = 'late'"  # noqa: S608  ours
        for schema in sorted(ALL)
    )
    assert province.rows(applied) == [(1,)] * 4


def wait_until_gone(group: int) -> None:
    """The killed command's own processes end by themselves."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("Processes of the killed upgrade still run.")


def test_changed_seed_rows_alone_make_a_bank_behind(province: OwnProvince) -> None:
    province.execute("UPDATE tenants_bank SET seed_digest = 'old' WHERE slug = 'west'")
    province.execute("DELETE FROM b_west.auth_group_permissions")

    done = province.upgrade("--json")

    assert [outcome["schema"] for outcome in report(done)["outcomes"]] == ["b_west"]
    assert province.rows("SELECT count(*) > 0 FROM b_west.auth_group_permissions") == [(True,)]


def test_senseless_numbers_are_a_usage_error(province: OwnProvince) -> None:
    assert province.upgrade("--jobs", "0").returncode == 2
