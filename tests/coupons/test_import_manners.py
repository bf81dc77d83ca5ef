"""What CONTRACTS says of a coupon file: headers, encodings, cells, and what is never repaired."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from openpyxl import Workbook

from coupons.models import Coupon
from coupons.stock.importing import check_file
from coupons.stock.outcomes import Loaded
from coupons.terms.reading import FAR_FUTURE, SHANGHAI
from customers.models import Customer
from intake.errors import FileRefused
from tests.coupons.making import live_template
from tests.coupons.test_import_rows import csv_file, take_in
from tests.operators.people import make_branch

ANY = {"face_min_cents": 100, "face_max_cents": 200_000, "threshold_cents": 0}
DAY = datetime(2026, 1, 2)  # noqa: DTZ001 - as Excel has it
DIGITS = {"code_pattern": "[0-9]{16,20}"}


def book(folder: Path, *rows: list[Any], name: str = "in.xlsx") -> Path:
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    path = folder / name
    workbook.save(path)
    return path


def checked(path: Path, **fields: Any) -> Loaded:
    with override("en"):
        return check_file(template=live_template(**fields), path=path, error_folder=path.parent)


def reasons(path: Path, **fields: Any) -> dict[int, str]:
    return {each["row"]: each["reason"] for each in checked(path, **fields).reasons}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_every_encoding_and_delimiter_is_understood(
    bank: Any, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    rows = [
        ["备注", "券码", "面额"],
        ["春节", "AAAA1", "5.00"],
        ["", "", ""],
        ["元宵", "BBBB2", "5"],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    found = checked(csv_file(tmp_path, text, encoding))
    assert (found.rows, found.imported, found.rejected) == (2, 2, 0)


@pytest.mark.parametrize(
    "header", ["券码", "券号", "兑换码", "卡号", "激活码", "code", " ＣＯＤＥ ", "券 码", "Code\t"]
)
def test_every_name_of_the_code_is_understood(bank: Any, tmp_path: Path, header: str) -> None:
    assert checked(csv_file(tmp_path, f"{header},x\nAAAA1,1\n", "utf-8")).imported == 1


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("ＡＢ１２", "AB12"), ("\tAB12\t", "AB12"), ('"AB12"', "AB12"), (" AB12 ", "AB12"),
        ('"""AB12"""', "AB12"), ("AB12\u3000", "AB12"), ("\ufeffAB12", "AB12"),
        ("a_b-12", "a_b-12"), ("'AB12", "AB12"),
    ],
)  # fmt: skip
def test_what_tools_leave_around_a_code_is_taken_off(
    bank: Any, tmp_path: Path, cell: str, code: str
) -> None:
    from coupons.stock.codes import Vault

    take_in(live_template(), csv_file(tmp_path, f"券码\n{cell}\n", "utf-8"))
    coupon = Coupon.objects.get()
    assert Vault().open(coupon.code_key, bytes(coupon.secret)).code == code


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("1.23457E+19", "shortened"), ("1.2e+19", "shortened"), ("123456789", "leading zeros"),
        ("1234567890123456789012", r"\[0-9\]\{16,20\}"), ("ABCD567890123456", r"\[0-9\]\{16,20\}"),
        ("1234 567890123456", "no code"), ("=1234567890123456", "formula"), ("123", "no code"),
        ("", "empty"), ("１２３", "no code"),
    ],
)  # fmt: skip
def test_a_code_that_is_damaged_or_wrong_is_refused_with_the_reason(
    bank: Any, tmp_path: Path, cell: str, word: str
) -> None:
    path = csv_file(tmp_path, f"券码,备注\n1234567890123456,\n{cell},春节\n", "utf-8")
    found = reasons(path, **DIGITS)
    import re

    assert list(found) == [3]
    assert re.search(word, found[3]), found[3]


def test_a_workbook_keeps_texts_and_shows_what_excel_has_lost(bank: Any, tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ["券码", "面额", "失效日期"],
        ["0012345678901234", 5, DAY.replace(year=2099)],
        [12345678901234567890, 5, "2099/1/2"],
        ["=1+1", 5, None],
        [123456789012345, 5.0, None],
        ["0012345678901235", "5.00", "2099年1月2日"],
    )
    found = reasons(path, **DIGITS)
    assert list(found) == [3, 4, 5]
    assert "15 digits" in found[3]
    assert "formula" in found[4]
    assert "leading zeros" in found[5]


def test_a_code_that_excel_made_a_day_of_is_refused(bank: Any, tmp_path: Path) -> None:
    path = book(tmp_path, ["券码"], [DAY], ["AB-12"])
    assert list(reasons(path)) == [2]


@pytest.mark.parametrize(
    ("cell", "cents"),
    [
        ("5", 500), ("5.5", 550), ("1,000.00", 100_000), ("￥5.00", 500), ("¥5", 500), ("5元", 500),
        ("５.００", 500), ("1，000", 100_000), (" 5.00 元", 500), ("2000", 200_000), ("1.00", 100),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(
    bank: Any, tmp_path: Path, cell: str, cents: int
) -> None:
    path = csv_file(tmp_path, f"券码\t面额\nAAAA1\t{cell}\n", "utf-8")
    found = checked(path, **ANY)
    assert (found.imported, found.total_cents) == (1, cents), found.reasons


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("5.001", "two decimals"), ("-5", "two decimals"), ("0", "more than 0"), ("0.00", "more"),
        ("abc", "no amount"), ("0.99", "1.00 to 2,000.00"), ("2000.01", "1.00 to 2,000.00"),
        ("1,00", "no amount"), ("", "empty"), ("9" * 40, "1.00 to 2,000.00"), ("1E+5", "no amount"),
    ],
)  # fmt: skip
def test_amounts_that_are_none_or_outside_the_template_are_refused(
    bank: Any, tmp_path: Path, cell: str, word: str
) -> None:
    assert word in reasons(csv_file(tmp_path, f"券码\t面额\nAAAA1\t{cell}\n", "utf-8"), **ANY)[2]


def test_without_the_column_the_template_must_name_one_value(bank: Any, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "券码\nAAAA1\n")
    assert checked(path).total_cents == 500
    with pytest.raises(FileRefused):
        checked(path, **ANY)


@pytest.mark.parametrize(
    "cell", ["2099-07-01", "2099/7/1", "2099年7月1日", "20990701", "２０９９-07-01", "2099.7.1"]
)
def test_days_are_read_and_the_last_one_counts_whole(bank: Any, tmp_path: Path, cell: str) -> None:
    template = live_template(valid_until=FAR_FUTURE)
    take_in(template, csv_file(tmp_path, f"券码,到期日,生效日期\nAAAA1,{cell},2026-1-5\n", "utf-8"))
    coupon = Coupon.objects.get()
    assert coupon.valid_until == datetime(2099, 7, 2, tzinfo=SHANGHAI)
    assert coupon.valid_from == datetime(2026, 1, 5, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ("2099-02-30,", "does not exist"), ("soon,", "no date"), ("2020-01-01,", "passed already"),
        ("2099-01-01,2099-02-01", "before"), ("9999-12-31,", "2999"), (",2999-01-01", "outside"),
    ],
)  # fmt: skip
def test_days_that_make_no_sense_are_refused(
    bank: Any, tmp_path: Path, cells: str, word: str
) -> None:
    path = csv_file(tmp_path, f"券码,失效日期,生效日期\nAAAA1,{cells}\n", "utf-8")
    assert word in reasons(path)[2]


def test_a_row_is_never_valid_longer_than_its_template(bank: Any, tmp_path: Path) -> None:
    template = live_template()
    take_in(template, csv_file(tmp_path, "券码,失效日期\nAAAA1,2099-01-01\nAAAA2,\n"))
    assert {each.valid_until for each in Coupon.objects.all()} == {template.valid_until}


def test_branches_and_customers_must_exist(bank: Any, tmp_path: Path) -> None:
    from django.utils import timezone

    make_branch("0301")
    Customer.objects.create(number="C1", created_at=timezone.now())
    rows = "AAAA1,C1,0301\nAAAA2,C2,\nAAAA3,,9999\nAAAA2,,\n"
    path = csv_file(tmp_path, f"券码,客户号,机构号\n{rows}")
    found = reasons(path)
    assert list(found) == [3, 4]
    assert "C2" in found[3]
    assert "branch" in found[4]


def test_a_control_character_or_a_lost_one_refuses_the_row(bank: Any, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "券码,备注\nAAAA1,a\x00b\nAAAA2,\x07\nAAAA3,ok\n", "utf-8")
    assert list(reasons(path)) == [2, 3]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_file"), ("券码\n", "headers_only"), ("券码,券号\nA,B\n", "duplicate_header"),
        ("名称\nA\n", "missing_column"), ("券码,x,x\nA,B,C\n", "duplicate_header"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    bank: Any, tmp_path: Path, text: str, code: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        take_in(live_template(), csv_file(tmp_path, text, "utf-8"))
    assert refused.value.code_text == code


def test_row_numbers_are_lines_of_the_file(bank: Any, tmp_path: Path) -> None:
    path = csv_file(tmp_path, '券码,备注\n\nAAAA1,"two\nlines"\n\nBB,x\n,,,\nCCC,\n', "utf-8")
    assert list(reasons(path)) == [6, 8]


def test_unknown_columns_are_named_and_a_mapping_is_followed(bank: Any, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Nr,券码,Amount,客户号\nAAAA1,x1,5,C9\n", "utf-8")
    with override("en"):
        found = check_file(
            template=live_template(),
            path=path,
            mapping={"Nr": "code", "券码": "", "Amount": "face_value", "客户号": ""},
        )
    assert (found.imported, found.unknown_columns) == (1, ["券码", "客户号"])


def test_the_error_file_can_be_corrected_and_imported(bank: Any, tmp_path: Path) -> None:
    template = live_template()
    found = take_in(template, csv_file(tmp_path, "券码,备注\nAAAA1,一\nB,二\nAAAA1,三\n"))
    errors = Path(found.error_file)
    text = errors.read_text("utf-8-sig")
    assert [line.split(",")[:3] for line in text.splitlines()] == [
        ["券码", "备注", "行号"], ["B", "二", "3"], ["AAAA1", "三", "4"],
    ]  # fmt: skip
    errors.write_text(text.replace("B,", "BBBB2,").replace("AAAA1", "CCCC3"), "utf-8-sig")
    again = take_in(template, errors)
    assert (again.imported, again.rejected, again.unknown_columns) == (2, 0, [])


def test_no_code_or_pin_is_told_in_a_reason(bank: Any, tmp_path: Path) -> None:
    path = csv_file(tmp_path, f"券码,卡密\nABCDEFGH12345678,{'9' * 65}\n4321!432100001111,1\n")
    told = " ".join(reasons(path).values())
    assert "9" * 8 not in told
    assert "4321!43210" not in told
