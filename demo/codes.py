"""The tour's file of coupon codes: 20,000 invented ones, and what Chinese Excel makes of some."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from django.utils import timezone

ROWS = 20_000
HEADERS = ("券 码", "面额", "失效日期", "网点号", "备注", "经办备忘")
# The column that nobody understands.
UNKNOWN = HEADERS[-1]
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
# Rows that come back, as the file numbers them: (column, what stands there).
REJECTED = {
    1_002: (0, "1.23E+19"), 7_500: (0, "9.99920260000075E+17"), 19_999: (0, "1.23E+19"),
    4_004: (0, "202600000404"), 8_008: (3, "X9"), 12_012: (2, "2026-02-30"), 16_016: (1, "6.00"),
}  # fmt: skip
# {row: the row with the same code}
DUPLICATES = {5_005: 5, 15_015: 15}
# Typed with a Chinese input method, or with a stray tab behind it: understood.
WIDE_ROWS, TABBED_ROWS = (3, 999), (4, 1_500)
GOOD = ROWS - len(REJECTED) - len(DUPLICATES)
VOUCHERS, VOUCHER_CENTS = 50, 2_000


def file_of_codes() -> bytes:
    """As Chinese Excel saves a .csv."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADERS)
    last_day = f"{timezone.localdate() + timedelta(days=60):%Y/%-m/%-d}"
    for row in range(2, ROWS + 2):
        writer.writerow(_cells(row, last_day))
    text.write(",,,,,\r\n\r\n")
    return text.getvalue().encode("gb18030")


def code_of(row: int) -> str:
    """Recognisably nobody's: sixteen to twenty digits, as the template wants them."""
    return f"99992026{row:010d}"


def _cells(row: int, last_day: str) -> list[str]:
    code = code_of(DUPLICATES.get(row, row))
    if row in WIDE_ROWS:
        code = code.translate(WIDE)
    if row in TABBED_ROWS:
        code = f"\t{code}\t "
    cells = [code, "￥5.00" if row % 2 else "5", last_day, "", "演示券码", f"第{row}行"]
    if row in REJECTED:
        column, text = REJECTED[row]
        cells[column] = text
    return cells


def file_of_vouchers(customer: str) -> bytes:
    """As Excel saves "Unicode text": UTF-16 and tabs. The first one is the customer's."""
    lines = ["券号\t金额\t客户号\t备注"]
    for number in range(1, VOUCHERS + 1):
        owner = customer if number == 1 else ""
        lines.append(f"DEMO-DJQ-{number:05d}\t{VOUCHER_CENTS // 100}.00\t{owner}\t演示代金券")
    return "\r\n".join(lines).encode("utf-16")
