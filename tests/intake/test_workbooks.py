from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from intake.errors import FileRefused
from intake.tables import ERROR_CELL, FORMULA, LONG_NUMBER
from tests.intake.files import (
    MAIN,
    lying_about_its_size,
    raw_workbook,
    sheet_xml,
    table_of,
    workbook,
)

CELL = '<c r="A{row}" t="inlineStr"><is><t>{text}</t></is></c>'
MOMENT = dt.datetime(2026, 7, 1, 8, 30)  # noqa: DTZ001  a workbook knows no zones
MIDNIGHT = dt.datetime(2026, 12, 31)  # noqa: DTZ001
HEADER = f'<row r="1">{CELL.format(row=1, text="a")}</row>'


def test_cells_read_as_an_operator_sees_them(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["text", "whole", "fraction", "day", "moment", "yes", "none"],
        ["０客户 & <b>", 20260701, 4.95, dt.date(2026, 7, 1), MOMENT, True],
        ["00012", 123456789012345, 0.1 + 0.2, MIDNIGHT, None, False, "last"],
    ]
    table, found = table_of(workbook(tmp_path, rows))

    assert table.header.cells == rows[0]
    assert found[0].cells[:5] == [
        "０客户 & <b>",
        "20260701",
        "4.95",
        "2026-07-01",
        "2026-07-01 08:30:00",
    ]
    assert found[0].cells[5:] == ["TRUE"]
    assert found[1].cells == ["00012", "123456789012345", "0.3", "2026-12-31", "", "FALSE", "last"]
    assert not any(row.troubles for row in found)


def test_zeros_that_a_format_shows_before_a_number_are_read(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["a", "b", "c", "d"])
    book.active.append([123, 123, 20_260_001, 4.5])
    for cell, shape in zip(book.active[2], ("000000", "0", "0000", "0000"), strict=True):
        cell.number_format = shape
    book.save(tmp_path / "in.xlsx")

    _table, found = table_of(tmp_path / "in.xlsx")
    assert found[0].cells == ["000123", "123", "20260001", "4.5"]


def test_rows_of_nothing_but_blanks_are_no_rows(tmp_path: Path) -> None:
    blanks = "<row><c t='inlineStr'><is><t> </t></is></c></row>"
    path = workbook(tmp_path, [["a", "b"], ["　", "\xa0"], [" ", None], ["1", " "]])
    assert [row.row for row in table_of(path)[1]] == [4]

    odd = raw_workbook(tmp_path, sheet_xml(HEADER + blanks))
    assert table_of(odd)[1] == []


@pytest.mark.parametrize(
    "odd",
    [
        '<row r="two"><c r="A2"><f>1</f></c></row>',
        f'<row r="{"9" * 5000}"><c r="A2"><v>1</v></c></row>',
        '<row r="2"><c r="2"><v>1</v></c></row>',
        '<row r="2"><c r=""><f>1</f></c><c r="a2"><v>1</v></c></row>',
    ],
)
def test_places_that_are_none_are_a_sentence_not_a_crash(tmp_path: Path, odd: str) -> None:
    with pytest.raises(FileRefused) as refused:
        table_of(raw_workbook(tmp_path, sheet_xml(HEADER + odd)))

    assert refused.value.code_text == "damaged_workbook"


def test_only_the_first_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    table, rows = table_of(workbook(tmp_path, [["a"], ["1"]], [["b"]], [["c"]]))

    assert (table.sheet, table.other_sheets) == ("Sheet1", ["Sheet2", "Sheet3"])
    assert [row.cells for row in rows] == [["1"]]


def test_formulas_errors_and_shortened_numbers_are_told_by_cell(tmp_path: Path) -> None:
    rows = [
        ["a", "b", "c"],
        ["=1+1", "ok", "x"],
        [1, 12345678901234567890, "=A2"],
        ["#N/A", 1.5e15, "y"],
    ]
    _table, found = table_of(workbook(tmp_path, rows))

    assert [dict(row.troubles) for row in found] == [
        {0: FORMULA},
        {1: LONG_NUMBER, 2: FORMULA},
        {0: ERROR_CELL, 1: LONG_NUMBER},
    ]


def test_a_formula_with_its_last_result_is_still_a_formula(tmp_path: Path) -> None:
    row = '<row r="2"><c r="A2" t="str"><f>B2&amp;"x"</f><v>C1</v></c></row>'

    _table, found = table_of(raw_workbook(tmp_path, sheet_xml(HEADER + row)))
    assert found[0].troubles == {0: FORMULA}
    assert found[0].cells == ["C1"]


def test_a_text_that_begins_like_a_formula_is_a_text(tmp_path: Path) -> None:
    row = f'<row r="2">{CELL.format(row=2, text="=1+1")}</row>'

    _table, found = table_of(raw_workbook(tmp_path, sheet_xml(HEADER + row)))
    assert (found[0].cells, dict(found[0].troubles)) == (["=1+1"], {})


def test_rich_text_phonetics_and_shared_strings_are_read(tmp_path: Path) -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><t>a</t></si>'
        "<si><r><t>贷款</t></r><r><t>客户</t></r><rPh sb='0' eb='1'><t>dai</t></rPh></si></sst>"
    )
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>1</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><r><t>x</t></r><r><t>_x0009_y</t></r></is></c>'
        "</row>"
    )
    _table, found = table_of(raw_workbook(tmp_path, sheet_xml(rows), strings=strings))

    assert [row.cells for row in found] == [["贷款客户"], ["x\ty"]]


def test_styled_text_of_a_spreadsheet_program_is_read_whole(tmp_path: Path) -> None:
    rich = CellRichText("C", TextBlock(InlineFont(b=True), "12"))
    _table, found = table_of(workbook(tmp_path, [["a"], [rich]]))

    assert found[0].cells == ["C12"]


@pytest.mark.parametrize(
    "odd",
    [
        '<x:worksheet xmlns:x="{ns}"><x:sheetData>{rows}</x:sheetData></x:worksheet>',
        "<?xml version='1.0' encoding='UTF-16'?><worksheet xmlns='{ns}'><sheetData>{rows}"
        "</sheetData></worksheet>",
    ],
)
def test_sheets_of_other_tools_go_to_the_parser(tmp_path: Path, odd: str) -> None:
    rows = (
        '<row><c t="inlineStr"><is><t>a</t></is></c></row><row/>'
        '<row r="5"><c r="C5"><v>7</v></c></row>'
    )
    is_prefixed = odd.startswith("<x:")
    if is_prefixed:
        for name in ("row", "is", "t", "v", "c"):
            rows = rows.replace(f"</{name}>", f"</x:{name}>").replace(f"<{name}>", f"<x:{name}>")
            rows = rows.replace(f"<{name} ", f"<x:{name} ").replace(f"<{name}/", f"<x:{name}/")
    document = odd.format(ns=MAIN, rows=rows)
    content = document.encode() if is_prefixed else document.encode("utf-16")

    table, found = table_of(raw_workbook(tmp_path, content))
    assert table.header.cells == ["a"]
    assert [(row.row, row.cells) for row in found] == [(5, ["", "", "7"])]


def test_rows_keep_their_numbers_over_gaps(tmp_path: Path) -> None:
    rows = HEADER + '<row r="4"/><row r="7"><c r="B7"><v>1</v></c></row><row r="8"></row>'

    _table, found = table_of(raw_workbook(tmp_path, sheet_xml(rows)))
    assert [(row.row, row.cells) for row in found] == [(7, ["", "1"])]


def test_both_ways_through_a_sheet_give_the_same(tmp_path: Path) -> None:
    """A comment in every row sends it to the parser."""
    rows = [[f"h{n}" for n in range(6)]] + [
        [f"C{n}", n, n / 7, dt.date(2020, 1, 1) + dt.timedelta(n), None, n % 2 == 0]
        for n in range(50)
    ]
    path = workbook(tmp_path, rows)
    plain = table_of(path)[1]
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"</row>", b"<!-- odd --></row>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, sheet if name.endswith("sheet1.xml") else content)

    assert table_of(path)[1] == plain
    assert len(plain) == 50


# --- attacks --------------------------------------------------------------------------------------
def test_one_cell_far_away_costs_nothing(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    _table, found = table_of(raw_workbook(tmp_path, sheet_xml(HEADER + far)))
    assert [row.row for row in found] == [1_048_576]

    right = '<row r="2"><c r="XFD2"><v>1</v></c></row>'
    with pytest.raises(FileRefused) as refused:
        table_of(raw_workbook(tmp_path, sheet_xml(HEADER + right)))
    assert refused.value.code_text == "too_many_columns"


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    blanks = b" " * 50_000_000
    document = sheet_xml(HEADER).encode().replace(b"<sheetData>", b"<sheetData>" + blanks)
    path = raw_workbook(tmp_path, document)
    assert path.stat().st_size < 200_000

    for bomb in (path, lying_about_its_size(path, "xl/worksheets/sheet1.xml", 1_000)):
        with pytest.raises(FileRefused) as refused:
            table_of(bomb)
        assert refused.value.code_text == "workbook_too_large"


@pytest.mark.parametrize("place", ["sheet", "strings"])
def test_entities_are_not_expanded(tmp_path: Path, place: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    strings = f'<sst xmlns="{MAIN}"><si><t>a</t></si></sst>'
    sheet = sheet_xml(HEADER)
    if place == "sheet":
        sheet = bomb + sheet
    else:
        strings = bomb + strings
    with pytest.raises(FileRefused):
        table_of(raw_workbook(tmp_path, sheet, strings=strings))


def test_damage_is_a_sentence_not_a_crash(tmp_path: Path) -> None:
    whole = workbook(tmp_path, [["a", "b"], *[[f"C{n}", n] for n in range(300)]]).read_bytes()
    damaged = tmp_path / "damaged.xlsx"
    for cut in range(4, len(whole), max(1, len(whole) // 60)):
        for content in (whole[:cut], whole[:cut] + bytes([whole[cut] ^ 0xFF]) + whole[cut + 1 :]):
            damaged.write_bytes(content)
            try:
                table_of(damaged)
            except FileRefused:
                continue


def test_what_is_only_a_zip_is_no_workbook(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    path = tmp_path / "in.xlsx"
    path.write_bytes(held.getvalue())

    with pytest.raises(FileRefused) as refused:
        table_of(path)
    assert refused.value.code_text == "no_workbook"


def test_an_empty_first_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="Sheet1"):
        table_of(workbook(tmp_path, [], [["customer"], ["C1"]]))


def test_what_openpyxl_reads_is_what_we_read(tmp_path: Path) -> None:
    rows = [["客户号", "标签"], ["C1", "a;b"], ["C2", "x\ny"]]
    path = workbook(tmp_path, rows)
    theirs = [list(row) for row in load_workbook(path).active.iter_rows(values_only=True)]
    table, found = table_of(path)

    assert [table.header.cells, *[row.cells for row in found]] == theirs


def test_shared_texts_take_no_more_memory_than_they_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = "".join(f"<si><t>文本{number}</t></si>" for number in range(51))
    rows = "".join(f'<row><c t="s"><v>{number}</v></c></row>' for number in range(51))
    path = raw_workbook(tmp_path, sheet_xml(rows), strings=f"<sst>{texts}</sst>")
    assert table_of(path)[1][49].cells == ["文本50"]
    monkeypatch.setattr("intake.workbook_parts.MAX_TEXTS", 50)
    with pytest.raises(FileRefused) as refused:
        table_of(path)
    assert refused.value.code_text == "workbook_too_large"
