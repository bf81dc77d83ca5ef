from __future__ import annotations

from pathlib import Path

import pytest

from intake.errors import FileRefused
from tests.intake.files import table_of, write

TEXT = "客户号,标签\r\nC1,房贷\r\nC2,龘㐂\r\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)  # fmt: skip
def test_every_encoding_of_chinese_excel_is_read(tmp_path: Path, encoding: str, found: str) -> None:
    table, rows = table_of(write(tmp_path, TEXT, encoding=encoding))

    assert table.encoding == found
    assert table.header.cells == ["客户号", "标签"]
    assert [row.cells for row in rows] == [["C1", "房贷"], ["C2", "龘㐂"]]


def test_big_endian_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    table, rows = table_of(write(tmp_path, b"\xfe\xff" + TEXT.encode("utf-16-be")))

    assert table.header.cells == ["客户号", "标签"]
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"\r\n \r\n,,\r\n", "empty_file"),
        (b"customer\nC1\xff\xff\n", "unknown_encoding"),
        (b"\xef\xbb\xbfcustomer\n\xb5\xc8\xb4\n", "unknown_encoding"),
        (b"\xff\xfe\x00\x00" + "customer".encode("utf-32-le"), "unknown_encoding"),
        (b"\xff\xfea", "unknown_encoding"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old Excel", "old_workbook"),
        (b"%PDF-1.7", "unknown_format"),
        (b"customer\n" + b"x" * 1_000_001, "line_too_long"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(
    tmp_path: Path, content: bytes, code: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        table_of(write(tmp_path, content))

    assert refused.value.code_text == code


def test_a_broken_byte_late_in_the_file_is_found_before_anything_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, b"customer\n" + b"C1\n" * 900_000 + b"\xff\n")

    with pytest.raises(FileRefused, match=r"known encoding|编码"):
        table_of(path)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_header_shows_what_parts_the_cells(tmp_path: Path, delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (["a", "b"], ["1", "2"]))

    table, rows = table_of(write(tmp_path, text))
    assert [table.header.cells, rows[0].cells] == [["a", "b"], ["1", "2"]]


def test_excels_own_line_about_the_delimiter_is_understood(tmp_path: Path) -> None:
    table, rows = table_of(write(tmp_path, "sep=;\r\na;b,c\r\n1;2\r\n"))

    assert (table.header.row, table.header.cells, rows[0].row) == (2, ["a", "b,c"], 3)


def test_rows_carry_the_line_where_they_start(tmp_path: Path) -> None:
    text = 'a,b\n\n1,"two\nlines\n""quoted"""\n3,4\r\n,\r\n5,"6\r7"\n8,9'
    _table, rows = table_of(write(tmp_path, text))

    assert [(row.row, row.cells) for row in rows] == [
        (3, ["1", 'two\nlines\n"quoted"']),
        (6, ["3", "4"]),
        (8, ["5", "6\r7"]),
        (10, ["8", "9"]),
    ]


@pytest.mark.parametrize(
    "stray",
    ['"C2,b', 'C2,"b', '"C2,"b"', '"C2"x,b', '5" pipe,b', '""C2,b', '"C2,b"x"'],
)
def test_a_stray_quotation_mark_swallows_no_other_row(tmp_path: Path, stray: str) -> None:
    text = f'a,b\nC1,a\n{stray}\n"C3","c"\nC4,"d,\n{stray}\nC6,"e"\n'
    _table, rows = table_of(write(tmp_path, text))

    assert [row.row for row in rows] == [2, 3, 4, 5, 6, 7]
    assert rows[2].cells == ["C3", "c"]
    assert rows[5].cells == ["C6", "e"]


def test_quoted_cells_may_hold_the_delimiter(tmp_path: Path) -> None:
    _table, rows = table_of(write(tmp_path, 'a,b\n"x,y","z"\n'))

    assert rows[0].cells == ["x,y", "z"]


def test_rows_of_nothing_but_blanks_are_no_rows(tmp_path: Path) -> None:
    text = 'a,b\n　,\xa0\n , \n"1",""\n'
    _table, rows = table_of(write(tmp_path, text))

    assert [(row.row, row.cells) for row in rows] == [(4, ["1", ""])]


def test_control_characters_are_told_by_cell(tmp_path: Path) -> None:
    text = "a,b,c\nx\x00,y,z\nx,y\x1f,\ufffd\nx\t,\u3000y,z\n"
    _table, rows = table_of(write(tmp_path, text))

    assert [sorted(row.troubles) for row in rows] == [[0], [1, 2], []]


def test_reading_takes_the_same_memory_however_long_the_file_is(tmp_path: Path) -> None:
    import tracemalloc

    path = write(tmp_path, "a,b\n" + "C1234567,贷款客户\n" * 300_000)
    from intake.opening import opened

    with opened(path) as (table, _digest):
        tracemalloc.start()
        assert sum(1 for _row in table.records) == 300_000
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 3_000_000
