"""The quick way of an ordinary row and the long way of any other end in the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coupons.stock import packing
from coupons.stock.coupon_files import COLUMNS, Rules
from coupons.stock.packing import RowPacker, Slice
from coupons.terms.reading import Terms
from intake.columns import Matched, match_headers
from intake.tables import Record

CODES = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{3,9}", fullmatch=True),
    st.sampled_from(
        ["1234567890123456", "1E19", "1.2E+19", "AB 12", "ＡＢ１２", "'AB12", "", "=A"]
    ),
)
PINS = st.sampled_from(["", "1234", "a b", "=1", "9" * 64, "9" * 65, "密码12", "1.2E+9", " x "])
FACES = st.sampled_from(["", "5", "5.00", "5元", "0", "7", "５", " 5 ", "x"])
DAYS = st.sampled_from(
    ["", "2099-01-01", "2099/2/1", "20200101", "2099-13-01", "2099年3月1日", "x"]
)
BRANCHES = st.sampled_from(["", "0301", "9999", "0301 "])
OWNERS = st.sampled_from(["", "C1", "C 1", "客户", "C" * 33])
REMARKS = st.sampled_from(["", "春节", " 春节 ", "a,b", "x" * 201, "\u3000"])
CELLS = st.tuples(CODES, PINS, FACES, DAYS, DAYS, BRANCHES, OWNERS, REMARKS)
ROWS = st.lists(st.tuples(CELLS, st.integers(0, 10)), min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def _secrets_that_repeat(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encrypted twice, a code is never the same twice."""

    class Plain:
        def seal(self, code: str, pin: str = "") -> tuple[bytes, bytes]:
            return code.encode()[:16].ljust(16), f"{code}\n{pin}".encode()

    monkeypatch.setattr(packing, "Vault", Plain)


def terms(pattern: str) -> Terms:
    plain = dict.fromkeys(Terms.__dataclass_fields__, "")
    return Terms(
        **{
            **plain, "face_min_cents": 500, "face_max_cents": 500, "code_pattern": pattern,
            "valid_from": None, "valid_until": None,
        }
    )  # fmt: skip


def record(number: int, cells: tuple[str, ...], cut: int) -> Record:
    """Some rows are short, and some have empty cells behind them."""
    given = list(cells)[: -cut or None] if cut < 5 else [*cells, *[""] * (cut - 5)]
    return Record(number, given)


def packed(matched: Matched, rules: Rules, rows: list[Record], *, is_quick: bool) -> list[Slice]:
    return list(RowPacker(matched, rules, is_quick=is_quick).slices(iter(rows), 7))


@given(
    rows=ROWS,
    pattern=st.sampled_from(["", "[A-Z0-9]{4,16}"]),
    kind=st.sampled_from(["csv", "xlsx"]),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_both_ways_give_the_same(rows: list[Any], pattern: str, kind: str) -> None:
    # Each row twice: what the first one taught, the second one uses.
    twice = [each for each in rows for _time in range(2)]
    records = [record(number, *each) for number, each in enumerate(twice, 2)]
    matched = match_headers(Record(1, [column.label for column in COLUMNS]), COLUMNS)
    rules = Rules(terms(pattern), {"0301": 7}, timezone.now() - timedelta(days=1), kind)

    quick = packed(matched, rules, records, is_quick=True)
    long = packed(matched, rules, records, is_quick=False)

    assert quick == long


def test_an_ordinary_row_does_go_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else both would be the same for a poor reason."""
    matched = match_headers(Record(1, ["券码", "面额", "备注"]), COLUMNS)
    packer = RowPacker(matched, Rules(terms(""), {}, timezone.now()))
    rows = [Record(number, [f"CODE{number}", "5.00", "春节"]) for number in range(2, 102)]
    asked: list[Record] = []
    long_way = packer._long_way
    monkeypatch.setattr(packer, "_long_way", lambda row: asked.append(row) or long_way(row))
    (part,) = packer.slices(iter(rows))
    assert (part.count, part.cents, len(asked)) == (100, 50_000, 1)
