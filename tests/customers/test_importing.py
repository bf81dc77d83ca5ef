from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from openpyxl import load_workbook

from audit.models import AuditEvent
from customers import changes, phones
from customers.models import Customer
from customers.services import Imported, import_customers
from intake.errors import FileRefused
from operators.errors import NotAllowed
from operators.models import Branch
from tests.approvals.people import make_operator
from tests.intake.files import workbook, write
from tests.operators.people import make_branch

NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)
HEADERS = "客户号,机构号,出生年份,开户日期,手机号,客群,标签,风险等级,测评日期"
FULL = "C1,N01,1980,2015/7/4,13812345678,贷款客户;card,房贷；vip,C3,2026-03-01"


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def north(bank: Any) -> Branch:
    return make_branch("N01")


def imported(folder: Path, *lines: str, **options: Any) -> Imported:
    path = write(folder, "\n".join(lines) + "\n")
    return import_customers(actor=None, path=path, error_folder=folder, at=NOW, **options)


def refusals(folder: Path, *lines: str) -> list[str]:
    return [str(each["reason"]) for each in imported(folder, *lines).reasons]


# --- what lands -----------------------------------------------------------------------------------
def test_a_row_becomes_a_customer(north: Branch, tmp_path: Path) -> None:
    result = imported(tmp_path, HEADERS, FULL)

    assert (result.rows, result.created, result.rejected) == (1, 1, 0)
    customer = Customer.objects.get()
    assert (customer.number, customer.branch, customer.birth_year) == ("C1", north, 1980)
    assert (customer.opened_on, customer.risk_assessed_on) == (date(2015, 7, 4), date(2026, 3, 1))
    assert (customer.groups, customer.tags) == (["loan", "card"], ["房贷", "vip"])
    assert (customer.risk_level, customer.is_trial) == ("C3", False)
    assert customer.masked_phone == "138****5678"
    assert customer.phone_digest == phones.digest_of("13812345678")
    assert "12345" not in customer.phone_digest[:8] + customer.masked_phone


def test_english_headers_codes_and_full_width_forms_are_understood(
    north: Branch, tmp_path: Path
) -> None:
    header = " Ｃustomer ,BRANCH,birth year,Opened_On,phone,Groups,tags,Risk Level,risk_assessed_on"
    row = (
        '\tＣ１\t,\'N01,"1980",2015年7月4日,+86 138-1234-5678,'
        "LOAN； 信用卡,ｖｉｐ,c3 平衡型,20260301"
    )

    result = imported(tmp_path, header, row)

    assert (result.created, result.reasons, result.unknown_columns) == (1, [], [])
    customer = Customer.objects.get(number="C1")
    assert (customer.branch, customer.birth_year, customer.risk_level) == (north, 1980, "C3")
    assert (customer.opened_on, customer.risk_assessed_on) == (date(2015, 7, 4), date(2026, 3, 1))
    assert (customer.groups, customer.tags) == (["loan", "card"], ["vip"])
    assert customer.masked_phone == "138****5678"


def test_a_workbook_lands_like_a_text_file(north: Branch, tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        HEADERS.split(","),
        ["C1", "N01", 1980, date(2015, 7, 4), 13812345678, "贷款", "房贷", "C3", "2026-03-01"],
        ["C2", "N01", "=1980", None, None, None, None, None, None],
        ["C3", "N01", 1e15, None, None, None, None, None, None],
        [12345, None, None, None, None, None, None, None, None],
    ]
    path = workbook(tmp_path, rows, [["second"]])

    result = import_customers(actor=None, path=path, error_folder=tmp_path, at=NOW)

    assert (result.rows, result.created, result.rejected_rows) == (4, 2, [3, 4])
    assert result.other_sheets == ["Sheet2"]
    assert Customer.objects.get(number="C1").opened_on == date(2015, 7, 4)
    assert Customer.objects.filter(number="12345").exists()
    assert "formula" in str(result.reasons[0]["reason"])
    assert "15 digits" in str(result.reasons[1]["reason"])
    assert result.error_file.endswith(".xlsx")


def test_known_customers_are_updated_and_missing_columns_stay(
    north: Branch, tmp_path: Path
) -> None:
    imported(tmp_path, HEADERS, FULL, "C2,,,,,,,,")
    Customer.objects.filter(number="C1").update(masked_name="张*三", is_trial=True)

    result = imported(tmp_path, "客户号,标签,手机号", "C1,,", "C2,,", "C3,gold,13900000000")

    assert (result.created, result.updated, result.unchanged) == (1, 1, 1)
    customer = Customer.objects.get(number="C1")
    assert (customer.tags, customer.masked_phone, customer.phone_digest) == ([], "", "")
    assert (customer.groups, customer.birth_year) == (["loan", "card"], 1980)
    assert (customer.masked_name, customer.is_trial) == ("张*三", True)


def test_the_same_file_again_changes_nothing(north: Branch, tmp_path: Path) -> None:
    imported(tmp_path, HEADERS, FULL)
    again = imported(tmp_path, HEADERS, FULL)

    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)


def test_numbers_alone_are_a_file_too(bank: Any, tmp_path: Path) -> None:
    assert imported(tmp_path, "customer", "C1", "C2").created == 2
    assert imported(tmp_path, "customer", "C1", "C2").unchanged == 2


# --- what comes back ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("客户号", "", "客户号 is empty"),
        ("客户号", "C 1", "is no customer number"),
        ("客户号", "客户1", "is no customer number"),
        ("客户号", "C" * 33, "is no customer number"),
        ("客户号", "1.23E+19", "Excel has shortened"),
        ("客户号", "=1+1", "is a formula"),
        ("客户号", "C1\x00", "control character"),
        ("客户号", "C\ufffd", "was lost"),
        ("机构号", "X99", "code of no branch"),
        ("出生年份", "80", "is no year"),
        ("出生年份", "2027", "outside the years 1900 to 2026"),
        ("出生年份", "1899", "outside the years"),
        ("开户日期", "2026-02-30", "does not exist"),
        ("开户日期", "7/4/2015", "is no date"),
        ("开户日期", "2026-07-02", "in the future"),
        ("手机号", "1381234567", "no mobile number"),
        ("手机号", "12812345678", "no mobile number"),
        ("手机号", "1.38E+10", "Excel has shortened"),
        ("客群", "loan;rich", "unknown group “rich”"),
        ("标签", "房贷、车贷", "semicolon"),
        ("标签", "x" * 31, "longer than 30"),
        ("标签", ";".join(f"t{n}" for n in range(51)), "more than 50 tags"),
        ("风险等级", "C6", "no risk level"),
        ("测评日期", "2027-01-01", "in the future"),
    ],
)
def test_a_bad_cell_refuses_its_row_with_a_sentence(
    bank: Any, tmp_path: Path, column: str, cell: str, sentence: str
) -> None:
    header = "客户号" if column == "客户号" else f"客户号,{column}"
    bad = cell if column == "客户号" else f"C2,{cell}"

    result = imported(tmp_path, header, "C1" if column == "客户号" else "C1,", bad or '" "', "C9,")

    assert (result.created, result.rejected_rows) == (2, [3])
    assert sentence in str(result.reasons[0]["reason"])


def test_every_fault_of_a_row_is_told_at_once(bank: Any, tmp_path: Path) -> None:
    (reason,) = refusals(tmp_path, "客户号,机构号,出生年份", "C 1,X,80")

    assert ["“C 1”" in reason, "“X”" in reason, "“80”" in reason] == [True] * 3


def test_a_number_that_stands_twice_is_refused_with_its_first_row(
    bank: Any, tmp_path: Path
) -> None:
    result = imported(tmp_path, "客户号,标签", "C1,a", "C2,", "Ｃ１,b", "C1,c")

    assert (result.created, result.rejected_rows) == (2, [4, 5])
    assert result.reasons[0]["reason"] == "the customer number C1 stands in row 2 already"
    assert Customer.objects.get(number="C1").tags == ["a"]


def test_a_cell_beyond_the_headers_refuses_the_row(bank: Any, tmp_path: Path) -> None:
    result = imported(tmp_path, "客户号,标签", "C1,a,b", "C2,a,,", "C3")

    assert result.rejected_rows == [2]
    assert "more cells than there are headers: b" in str(result.reasons[0]["reason"])


def test_unknown_columns_are_skipped_and_named(bank: Any, tmp_path: Path) -> None:
    result = imported(tmp_path, "备注,客户号,,姓名,", "x\x01,C1,y,张三,", "=1,C2,,,")

    assert (result.created, result.rejected) == (2, 0)
    assert result.unknown_columns == ["备注", "姓名", "column 3 (no header)"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("客户号,标签",), "headers_only"),
        (("客户号,标签", " , ", ""), "headers_only"),
        (("客户号,customer", "C1,C1"), "duplicate_header"),
        (("客户号,备注,备 注", "C1,x,y"), "duplicate_header"),
        (("姓名,标签", "张三,x"), "missing_column"),
        (("客户\x00号", "C1"), "bad_header"),
    ],
)
def test_a_file_with_bad_headers_is_refused(
    bank: Any, tmp_path: Path, lines: tuple[str, ...], code: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        imported(tmp_path, *lines)

    assert refused.value.code_text == code
    assert not Customer.objects.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


# --- error files ----------------------------------------------------------------------------------
def test_rejected_rows_come_back_to_be_corrected_and_imported(bank: Any, tmp_path: Path) -> None:
    result = imported(tmp_path, "备注,客户号,标签", "=cmd|' /C',C 1,@x", "ok,C2,", 'a"b,C 3,\u3000')

    as_csv, as_xlsx = (Path(path) for path in result.error_files)
    assert as_csv.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(as_csv.read_text("utf-8-sig"))))
    assert rows[0] == ["备注", "客户号", "标签", "行号", "错误原因"]
    assert rows[1][:4] == ["'=cmd|' /C'", "C 1", "'@x", "2"]
    assert rows[2][:4] == ['a"b', "C 3", "\u3000", "4"]
    assert "is no customer number" in rows[1][4]
    sheet = load_workbook(as_xlsx).active
    cells = list(sheet.iter_rows())
    assert [cell.value for cell in cells[1]][:4] == ["=cmd|' /C'", "C 1", "@x", "2"]
    assert {cell.data_type for row in cells for cell in row} <= {"s", "inlineStr"}
    assert cells[1][0].number_format == "@"

    for path in (as_csv, as_xlsx):
        text = import_customers(actor=None, path=path, error_folder=tmp_path / "x", at=NOW)
        assert (text.rejected, text.unknown_columns) == (2, ["备注"])
    corrected = as_csv.read_text("utf-8-sig").replace("C 1", "C1").replace("C 3", "C3")
    again = import_customers(
        actor=None, path=write(tmp_path, corrected, "again.csv"), error_folder=tmp_path, at=NOW
    )
    assert (again.created, again.rejected, again.unknown_columns) == (2, 0, ["备注"])
    assert Customer.objects.get(number="C1").tags == ["@x"]


def test_no_error_file_is_left_when_every_row_is_good(bank: Any, tmp_path: Path) -> None:
    result = imported(tmp_path, "客户号", "C1")

    assert (result.error_file, result.error_files) == ("", [])
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


# --- manners --------------------------------------------------------------------------------------
def test_a_dry_run_counts_and_lands_nothing(bank: Any, tmp_path: Path) -> None:
    Customer.objects.create(number="C1")

    result = imported(tmp_path, "客户号,标签", "C1,a", "C2,", "C 3,", dry_run=True)

    assert (result.created, result.updated, result.rejected) == (1, 1, 1)
    assert Path(result.error_file).exists()
    assert list(Customer.objects.values_list("number", "tags")) == [("C1", [])]
    assert not AuditEvent.objects.filter(event="customers.imported").exists()


def test_the_import_is_on_record_and_told(
    bank: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(changes, "_listeners", [lambda *what: told.append(what)])

    with django_capture_on_commit_callbacks(execute=True):
        result = imported(tmp_path, "客户号", "C1", "C 2")

    event = AuditEvent.objects.get(event="customers.imported")
    assert event.after["created"] == 1
    assert event.after["rejected"] == 1
    assert event.after["sha256"] == result.sha256
    assert told == [(bank.schema_name, None)]


def test_an_operator_needs_the_permission(bank: Any, tmp_path: Path) -> None:
    path = write(tmp_path, "客户号\nC1\n")

    with pytest.raises(NotAllowed):
        import_customers(actor=make_operator("vera", "viewer"), path=path)
    assert not Customer.objects.exists()


def test_a_failure_late_in_the_file_leaves_nothing(
    bank: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    from customers.staging import Staging

    def fail(self: Any, at: Any) -> int:
        raise RuntimeError("killed")

    monkeypatch.setattr(Staging, "insert", fail)
    Customer.objects.create(number="C1")
    with pytest.raises(RuntimeError):
        imported(tmp_path, "客户号,标签", "C1,a", "C2,b", "C 3,")

    assert list(Customer.objects.values_list("number", "tags")) == [("C1", [])]
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_phone_is_found_under_every_key_and_in_one_bank_only(
    alpha: Any, beta: Any, settings: Any
) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(alpha):
        old = phones.digest_of("13812345678")
        settings.FIELD_KEYS = {"new": b"\x01" * 32, **settings.FIELD_KEYS}
        assert phones.digest_of("13812345678") != old
        assert old in phones.digests_of("13812345678")
    with tenant_context(beta):
        assert old not in phones.digests_of("13812345678")


# --- the command ----------------------------------------------------------------------------------
def run(*arguments: str) -> tuple[dict[str, Any], int]:
    out, code = io.StringIO(), 0
    try:
        call_command("import_customers", *arguments, "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as left:
        code = int(left.code or 0)
    return json.loads(out.getvalue()), code


def test_the_command_answers_with_one_json_object(alpha: Any, tmp_path: Path) -> None:
    path = write(tmp_path, "客户号,姓名\nC1,x\nC 2,y\n", encoding="gb18030")

    answer, code = run(str(path), "--bank", "alpha")

    assert code == 0
    assert (answer["rows"], answer["created"], answer["rejected_rows"]) == (2, 1, [3])
    assert answer["unknown_columns"] == ["姓名"]
    assert answer["error_file"] == str(tmp_path / "in.errors.csv")
    assert set(answer) >= {"updated", "unchanged", "rejected", "sha256", "seconds"}


@pytest.mark.parametrize(
    ("bank", "content", "code"),
    [("nobody", "客户号\nC1\n", "unknown_bank"), ("alpha", "", "empty_file")],
)
def test_bad_input_ends_the_command_with_one(
    alpha: Any, tmp_path: Path, bank: str, content: str, code: str
) -> None:
    answer, status = run(str(write(tmp_path, content)), "--bank", bank)

    assert (status, answer["code"]) == (1, code)
    assert run(str(tmp_path / "none.csv"), "--bank", "alpha")[0]["code"] == "no_file"


def test_a_wrong_call_is_told_from_bad_input() -> None:
    with pytest.raises(CommandError):
        call_command("import_customers", "in.csv")


def test_only_the_named_bank_gets_the_customers(alpha: Any, beta: Any, tmp_path: Path) -> None:
    from django_tenants.utils import tenant_context

    run(str(write(tmp_path, "客户号\nC1\n")), "--bank", "beta")

    with tenant_context(alpha):
        assert not Customer.objects.exists()
    with tenant_context(beta):
        assert Customer.objects.count() == 1
