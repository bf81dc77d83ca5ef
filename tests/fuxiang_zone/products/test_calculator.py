"""Worked examples, each reckoned by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from fuxiang_zone.products.calculator import (
    due_on,
    early_withdrawal,
    held_interest,
    months_and_days,
    quote,
    term_interest,
)
from fuxiang_zone.products.rates import tiers_of


@pytest.mark.parametrize(
    ("cents", "rate", "term", "unit", "interest"),
    [
        # 200,000.00 × 2.15 % × 3 = 12,900.00
        (20_000_000, "2.15", 3, "year", 1_290_000),
        # 10,000.00 × 1.35 % × 6/12 = 67.50
        (1_000_000, "1.35", 6, "month", 6_750),
        # 10,000.00 × 1.10 % × 7/360 = 2.1388… → 2.14
        (1_000_000, "1.10", 7, "day", 214),
        # 50,000.00 × 1.9375 % × 3/12 = 242.1875 → 242.19
        (5_000_000, "1.9375", 3, "month", 24_219),
        # 1.00 × 1.50 % × 4/12 = 0.005, half a cent → 0.01
        (100, "1.50", 4, "month", 1),
        # 1.00 × 1.4999 % × 4/12 = 0.00499966… → 0.00
        (100, "1.4999", 4, "month", 0),
        (0, "2.15", 3, "year", 0),
        # 1,000,000,000,000.01 × 3.3333 % × 1/360: no digit of a great amount is lost
        (100_000_000_000_001, "3.3333", 1, "day", 9_259_166_667),
    ],
)
def test_interest_of_a_term(cents: int, rate: str, term: int, unit: str, interest: int) -> None:
    assert term_interest(cents, Decimal(rate), term, unit) == interest


def test_a_half_cent_goes_up_however_close_it_looks() -> None:
    # 3.00 × 1.0000 % × 60/360 = 0.005; a rate a ten-thousandth lower stays below it
    assert term_interest(300, Decimal("1.0000"), 60, "day") == 1
    assert term_interest(300, Decimal("0.9999"), 60, "day") == 0


def test_a_quote_takes_the_rate_of_the_tier_for_the_whole_amount() -> None:
    tiers = tiers_of([
        {"term": 1, "unit": "year", "from_cents": 0, "to_cents": 5_000_000, "rate": "1.50"},
        {"term": 1, "unit": "year", "from_cents": 5_000_000, "to_cents": None, "rate": "1.80"},
    ])  # fmt: skip

    below, above = quote(tiers, 4_999_999, 12, "month"), quote(tiers, 5_000_000, 1, "year")

    # 49,999.99 × 1.50 % = 749.99985 → 750.00; 50,000.00 × 1.80 % = 900.00
    assert below is not None
    assert (below.rate, below.interest_cents) == (Decimal("1.50"), 75_000)
    assert above is not None
    assert (above.rate, above.interest_cents, above.total_cents) == (
        Decimal("1.80"), 90_000, 5_090_000,
    )  # fmt: skip
    assert quote(tiers, 5_000_000, 2, "year") is None


@pytest.mark.parametrize(
    ("begun", "ended", "months", "days"),
    [
        (date(2026, 1, 15), date(2026, 7, 15), 6, 0),
        (date(2026, 1, 15), date(2026, 7, 14), 5, 29),
        (date(2026, 1, 31), date(2026, 2, 28), 1, 0),
        (date(2026, 1, 31), date(2026, 3, 1), 1, 1),
        (date(2024, 2, 29), date(2025, 2, 28), 12, 0),
        (date(2026, 5, 4), date(2026, 5, 4), 0, 0),
    ],
)
def test_time_is_whole_months_and_the_days_left_over(
    begun: date, ended: date, months: int, days: int
) -> None:
    assert months_and_days(begun, ended) == (months, days)


def test_a_deposit_of_odd_days_earns_months_and_days() -> None:
    # 100,000.00 × 2.40 % × (5/12 + 29/360) = 1,000.00 + 193.333… = 1,193.33
    assert held_interest(10_000_000, Decimal("2.40"), date(2026, 1, 15), date(2026, 7, 14)) == (
        119_333
    )


def test_a_month_is_a_twelfth_whatever_days_it_has() -> None:
    february = held_interest(12_000_000, Decimal("1.00"), date(2026, 2, 1), date(2026, 3, 1))
    july = held_interest(12_000_000, Decimal("1.00"), date(2026, 7, 1), date(2026, 8, 1))

    assert february == july == 10_000


def test_taken_out_early_it_earns_the_current_rate_for_its_days() -> None:
    early = early_withdrawal(
        20_000_000, Decimal("2.15"), Decimal("0.05"), date(2026, 1, 5), date(2026, 7, 4),
        date(2029, 1, 5),
    )  # fmt: skip

    # 200,000.00 × 0.05 % × 180/360 = 50.00 in place of 12,900.00
    assert (early.days, early.interest_cents, early.forgone_cents) == (180, 5_000, 1_285_000)


def test_a_part_taken_out_early_leaves_the_rest_at_its_own_rate() -> None:
    begun, due = date(2026, 1, 5), date(2027, 1, 5)
    part = early_withdrawal(
        3_000_000, Decimal("1.80"), Decimal("0.05"), begun, date(2026, 4, 5), due
    )
    rest = held_interest(7_000_000, Decimal("1.80"), begun, due)

    # 30,000.00 × 0.05 % × 90/360 = 3.75; 70,000.00 × 1.80 % = 1,260.00
    assert (part.interest_cents, rest) == (375, 126_000)


def test_after_its_end_a_deposit_goes_on_at_the_current_rate() -> None:
    late = early_withdrawal(
        1_000_000, Decimal("1.80"), Decimal("0.36"), date(2026, 1, 5), date(2027, 1, 15),
        date(2027, 1, 5),
    )  # fmt: skip

    # 180.00 and ten days of 10,000.00 × 0.36 % / 360 = 0.10
    assert (late.interest_cents, late.forgone_cents) == (18_100, 0)


def test_days_out_of_order_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="out of order"):
        months_and_days(date(2026, 2, 2), date(2026, 2, 1))
    with pytest.raises(ValueError, match="out of order"):
        early_withdrawal(
            1, Decimal(1), Decimal(1), date(2026, 2, 2), date(2026, 2, 1), date(2027, 2, 2)
        )


def test_a_term_ends_on_the_same_day_or_the_last_of_a_shorter_month() -> None:
    assert due_on(date(2026, 1, 31), 1, "month") == date(2026, 2, 28)
    assert due_on(date(2024, 2, 29), 1, "year") == date(2025, 2, 28)
    assert due_on(date(2026, 12, 30), 7, "day") == date(2027, 1, 6)
