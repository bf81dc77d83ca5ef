"""The files a day is settled by: complete, safe to open, and the same bytes whenever asked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from audit.models import AuditEvent
from coupons import events
from coupons.errors import ReconciliationRefused
from coupons.models import Coupon, Reconciliation, SettlementFile
from coupons.reconciliation import services
from coupons.reconciliation.days import day_of, end_of, start_of
from coupons.reconciliation.handing_out import hand_out
from operators.errors import NotAllowed
from operators.models import Branch
from tests.approvals.people import make_operator
from tests.coupons import books
from tests.coupons.making import live_template, people, stock

HOUR = timedelta(hours=1)


@pytest.fixture
def day(bank: Any) -> date:
    """Yesterday, with one redemption of 3.33, one of 5.00 that was reversed, and one coupon that a
    customer holds."""
    day = day_of(timezone.now()) - timedelta(days=1)
    noon = start_of(day) + 12 * HOUR
    branch = Branch.add_root(code="B1", name="First", name_key="first")
    template = live_template("TOP", title="=Top-up")
    batch = stock(template, ["12345678901234567890", "C2", "C3", "C4"], at=noon)
    used = books.claim(books.of(batch), noon, branch_path=branch.path)
    books.redeem(
        used, noon, 333, branch_path=branch.path, reference="=1+1", manager="Manager Li",
        scene="top_up",
    )  # fmt: skip
    back = books.redeem(books.claim(books.of(batch, 1), noon), noon + HOUR, 500)
    books.reverse(back, noon + 2 * HOUR)
    books.claim(books.of(batch, 2), noon)
    return day


def after(day: date) -> datetime:
    return end_of(day) + HOUR


def exported(day: date, folder: Path) -> dict[str, Path]:
    result = hand_out(day=day, folder=folder, at=after(day))
    return {Path(file["path"]).stem.rpartition("-")[2]: Path(file["path"]) for file in result.files}


def table(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_each_redemption_and_reversal_has_its_line(day: date, tmp_path: Path) -> None:
    headings, *rows = table(exported(day, tmp_path)["redemptions"])
    lines = [dict(zip(headings, row, strict=True)) for row in rows]

    assert [line["类型"] for line in lines] == ["核销", "核销", "冲正"]
    first = lines[0]
    assert first["券码"] == "1234****7890"
    assert (first["金额（元）"], first["省联社承担（元）"], first["银行承担（元）"]) == (
        "3.33", "0.99", "2.34",
    )  # fmt: skip
    assert (first["机构号"], first["机构名称"], first["客户经理"]) == ("B1", "First", "Manager Li")
    assert first["时间"] == f"{day} 12:00:00"
    assert (lines[2]["金额（元）"], lines[2]["省联社承担（元）"]) == ("-5.00", "-1.50")


def test_no_cell_is_a_formula(day: date, tmp_path: Path) -> None:
    _headings, first, *_rest = table(exported(day, tmp_path)["redemptions"])

    assert "'=1+1" in first
    assert "'=Top-up" in first


def test_the_summary_adds_up_by_template_branch_and_bearer(day: date, tmp_path: Path) -> None:
    headings, *rows = table(exported(day, tmp_path)["summary"])
    net = {
        (line["机构号"], line["承担方"]): line["净额（元）"]
        for line in (dict(zip(headings, row, strict=True)) for row in rows)
    }

    assert net == {
        ("", "省联社"): "0.00", ("", "银行"): "0.00", ("", "商户"): "0.00",
        ("B1", "省联社"): "0.99", ("B1", "银行"): "2.34", ("B1", "商户"): "0.00",
    }  # fmt: skip


def test_the_liability_is_what_customers_held_at_the_end_of_the_day(
    day: date, tmp_path: Path
) -> None:
    held = Coupon.objects.filter(state="claimed").order_by("pk")
    assert held.count() == 2
    Coupon.objects.filter(pk=held[0].pk).update(valid_until=end_of(day) + timedelta(days=2))
    first = table(exported(day, tmp_path)["liability"])

    for coupon in held:
        books.redeem(coupon, end_of(day) + HOUR / 2)
    SettlementFile.objects.all().delete()
    later = table(exported(day, tmp_path)["liability"])

    assert [row[2:] for row in first[1:]] == [
        ["3天内到期", "1", "5.00", "1.50", "3.50", "0.00"],
        ["90天内到期", "1", "5.00", "1.50", "3.50", "0.00"],
    ]
    assert later == first


def test_the_list_of_digests_is_read_by_sha256sum(day: date, tmp_path: Path) -> None:
    exported(day, tmp_path)
    [manifest] = tmp_path.glob("*.sha256")

    checked = subprocess.run(
        ["/usr/bin/sha256sum", "-c", manifest.name], cwd=tmp_path, check=False, capture_output=True
    )

    assert checked.returncode == 0, checked.stderr
    assert len(checked.stdout.splitlines()) == 3


def test_the_same_day_gives_the_same_bytes_in_any_language_and_after_a_branch_is_renamed(
    day: date, tmp_path: Path
) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    with translation.override("en"):
        exported(day, first)
    Branch.objects.update(name="Renamed")
    with translation.override("zh-hans"):
        found = hand_out(day=day, folder=second, at=after(day) + 5 * HOUR)

    assert found.state == "tied_out"
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_other_bytes_for_a_day_that_was_exported_are_a_break(day: date, tmp_path: Path) -> None:
    files = exported(day, tmp_path)
    kept = files["redemptions"].read_bytes()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE coupons_ledgerentry SET manager = 'Other' WHERE manager <> ''")

    found = hand_out(day=day, folder=tmp_path, at=after(day))

    names = {each["what"] for each in found.breaks}
    assert names == {f"file.{files['redemptions'].name}"}
    assert found.state == "broken"
    assert files["redemptions"].read_bytes() == kept


def test_a_day_that_never_tied_out_is_settled_by_the_files_of_the_run_that_does(
    day: date, tmp_path: Path
) -> None:
    held = Coupon.objects.filter(state="claimed").order_by("pk")[0]
    Coupon.objects.filter(pk=held.pk).update(state="voided")
    broken = exported(day, tmp_path / "broken")["liability"].read_bytes()
    assert Reconciliation.objects.get(day=day).state == "broken"

    Coupon.objects.filter(pk=held.pk).update(state="claimed")
    mended = exported(day, tmp_path / "mended")["liability"]

    assert Reconciliation.objects.get(day=day).state == "tied_out"
    assert mended.read_bytes() != broken
    assert SettlementFile.objects.count() == 4
    kept = SettlementFile.objects.get(name=mended.name)
    assert kept.sha256 == hashlib.sha256(mended.read_bytes()).hexdigest()


def test_files_are_kept_encrypted_and_listed_with_their_digests(day: date, tmp_path: Path) -> None:
    files = exported(day, tmp_path)

    listed = SettlementFile.objects.get(name=files["redemptions"].name)
    content = files["redemptions"].read_bytes()
    assert listed.sha256 == hashlib.sha256(content).hexdigest()
    assert listed.rows == 3


def test_a_download_needs_the_permission_and_is_an_event(day: date) -> None:
    services.reconcile_day(day=day, at=after(day))
    file = SettlementFile.objects.order_by("pk")[0]
    maker, _checker = people()

    opened, source = services.open_settlement_file(actor=maker, file_id=file.pk)
    with source:
        assert hashlib.sha256(source.read()).hexdigest() == opened.sha256
    viewer = make_operator("looker", "viewer")
    with pytest.raises(NotAllowed):
        services.open_settlement_file(actor=viewer, file_id=file.pk)

    event = AuditEvent.objects.get(event=events.SETTLEMENT_DOWNLOADED)
    assert event.after == {"name": file.name, "sha256": file.sha256}


def test_today_is_preliminary_and_nothing_of_it_is_kept(day: date, tmp_path: Path) -> None:
    today = day + timedelta(days=1)

    found = hand_out(day=today, folder=tmp_path, at=end_of(day) + HOUR)

    assert (found.is_preliminary, found.state) == (True, "tied_out")
    assert all("preliminary" in file["name"] for file in found.files)
    assert not Reconciliation.objects.exists()


def test_a_future_day_is_refused(day: date, tmp_path: Path) -> None:
    with pytest.raises(ReconciliationRefused, match="future"):
        hand_out(day=day + timedelta(days=2), folder=tmp_path, at=end_of(day) + HOUR)
    assert list(tmp_path.iterdir()) == []


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    connection.set_schema_to_public()
    try:
        call_command("export_reconciliation", *arguments, stdout=out, stderr=io.StringIO())
    except SystemExit as stop:
        return int(stop.code), out.getvalue()
    return 0, out.getvalue()


def test_the_command_prints_one_object(day: date, tmp_path: Path) -> None:
    out = str(tmp_path / "new" / "folder")

    code, text = run("--bank", "alpha", "--date", str(day), "--out", out, "--json")

    document = json.loads(text)
    assert (code, document["state"], document["preliminary"]) == (0, "tied_out", False)
    assert [file["rows"] for file in document["files"]] == [1, 3, 6, 3]
    for file in document["files"]:
        content = Path(file["path"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_command_fails_when_the_books_are_broken(day: date, tmp_path: Path, bank: Any) -> None:
    Coupon.objects.filter(state="redeemed").update(redeemed_cents=1)

    code, text = run("--bank", "alpha", "--date", str(day), "--out", str(tmp_path), "--json")

    assert code == 1
    assert [each["what"] for each in json.loads(text)["breaks"]] == ["spent", "unlike"]
    assert len(list(tmp_path.iterdir())) == 4


def test_the_command_refuses_with_a_sentence(day: date, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")
    future = str(day + timedelta(days=9))
    asked = ["--bank", "alpha", "--date", str(day), "--out", str(tmp_path), "--json"]

    assert run(*asked[:1], "nobody", *asked[2:])[0] == 1
    assert run(*asked[:3], future, *asked[4:])[0] == 1
    code, text = run(*asked[:5], str(in_the_way), "--json")
    assert code == 1
    assert "Name another folder" in json.loads(text)["error"]
    with pytest.raises(CommandError, match="YYYY-MM-DD"):
        run(*asked[:3], "2026-13-01", *asked[4:])
