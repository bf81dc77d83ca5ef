"""``import_coupons``: what scripts rely on."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from coupons.choices import BatchState
from coupons.models import Batch, Coupon, TemplateAccount
from tests.coupons.making import live_template, people
from tests.coupons.test_import_rows import csv_file

GOOD = "券码,面额,备用\nAAAA1,5.00,x\nB,5.00,\nAAAA2,5.00,\nAAAA1,5,\n"


def run(path: Path, *options: str, template: str = "CMD") -> tuple[int, dict[str, Any]]:
    out, code = StringIO(), 0
    given = ["import_coupons", str(path), "--bank", "alpha", "--template", template, "--json"]
    try:
        call_command(*given, *options, stdout=out, stderr=StringIO())
    except SystemExit as left:
        code = int(left.code or 0)
    return code, json.loads(out.getvalue())


@pytest.fixture
def named(bank: Any, settings: Any) -> list[str]:
    settings.LOCAL = True
    live_template("CMD")
    maker, checker = people()
    return ["--maker", maker.username, "--checker", checker.username]


def test_with_two_people_named_the_batch_is_live_at_once(named: list[str], tmp_path: Path) -> None:
    path = csv_file(tmp_path, GOOD)
    code, found = run(path, *named)

    counts = {"rows": 4, "imported": 2, "duplicates": 1, "rejected": 1, "rejected_rows": [3]}
    assert code == 0
    assert counts.items() <= found.items()
    assert found["unknown_columns"] == ["备用"]
    assert Path(found["error_file"]).name == "in.errors.csv"
    assert len(found["sha256"]) == 64
    assert Batch.objects.get(pk=found["batch"]).state == BatchState.LIVE
    assert TemplateAccount.objects.get(code="CMD").held_count == 2


def test_the_same_file_again_imports_nothing_and_names_the_batch(
    named: list[str], tmp_path: Path
) -> None:
    path = csv_file(tmp_path, GOOD)
    first = run(path, *named)[1]
    code, again = run(path, *named)
    assert (code, again["batch"], again["imported"]) == (0, first["batch"], 0)
    assert again["already_imported"]
    assert again["rows"] == again["imported"] + again["duplicates"] + again["rejected"]
    assert Coupon.objects.count() == 2


def test_without_local_settings_it_waits_for_a_checker(
    named: list[str], tmp_path: Path, settings: Any
) -> None:
    settings.LOCAL = False
    code, found = run(csv_file(tmp_path, GOOD), *named)
    assert (code, found["state"]) == (0, BatchState.IN_REVIEW)


def test_without_people_it_waits_to_be_submitted(named: list[str], tmp_path: Path) -> None:
    code, found = run(csv_file(tmp_path, GOOD))
    assert (code, found["state"]) == (0, BatchState.LOADED)


def test_all_or_nothing_lands_nothing_of_a_file_with_bad_rows(
    named: list[str], tmp_path: Path
) -> None:
    code, found = run(csv_file(tmp_path, GOOD), "--all-or-nothing", *named)
    assert (code, found["imported"], found["state"]) == (0, 0, BatchState.DISCARDED)
    assert found["rejected_rows"] == [3]
    assert Coupon.objects.count() == 0


def test_a_dry_run_tells_everything_and_changes_nothing(named: list[str], tmp_path: Path) -> None:
    path = csv_file(tmp_path, GOOD)
    run(csv_file(tmp_path, "券码\nAAAA2\n", name="before.csv"), *named)
    code, found = run(path, "--dry-run")
    assert (code, found["batch"], found["dry_run"]) == (0, None, True)
    assert (found["rows"], found["imported"], found["duplicates"]) == (4, 1, 2)
    assert (Coupon.objects.count(), Batch.objects.count()) == (1, 1)


def test_what_stock_does_not_allow_is_loaded_but_not_approved(
    named: list[str], tmp_path: Path
) -> None:
    live_template("FEW", stock_limit=1, budget_cents=500)
    code, found = run(csv_file(tmp_path, GOOD), *named, template="FEW")
    assert code == 1
    assert found["error"]
    assert found["imported"] == 2
    assert found["state"] != BatchState.LIVE


@pytest.mark.parametrize(
    ("options", "template", "word"),
    [
        (["--maker", "nobody"], "CMD", "unknown_operator"),
        ([], "NONE", "unknown_template"),
        (["--maker", "coupon-maker", "--checker", "coupon-maker"], "CMD", "not_allowed"),
    ],
)
def test_bad_input_ends_with_1_and_a_reason(
    named: list[str], tmp_path: Path, options: list[str], template: str, word: str
) -> None:
    code, found = run(csv_file(tmp_path, GOOD), *options, template=template)
    assert (code, found["code"]) == (1, word)
    assert Batch.objects.count() == 0


def test_a_checker_without_a_maker_is_wrong_usage(named: list[str], tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        run(csv_file(tmp_path, GOOD), "--checker", "coupon-checker")
    assert refused.value.returncode == 2


def test_a_file_that_is_none_is_refused_with_1(named: list[str], tmp_path: Path) -> None:
    code, found = run(csv_file(tmp_path, "no header\n1\n", "utf-8"), *named)
    assert (code, found["code"]) == (1, "missing_column")
    assert Batch.objects.count() == 0
