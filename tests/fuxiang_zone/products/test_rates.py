from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fuxiang_zone.errors import BadProduct
from fuxiang_zone.products.rates import clean_rates, rate_for, tiers_of


def row(
    term: Any = 1, unit: Any = "year", least: Any = 0, most: Any = None, rate: Any = "2.15"
) -> dict[str, Any]:
    return {"term": term, "unit": unit, "from_cents": least, "to_cents": most, "rate": rate}


def refused(*rows: Any, caps: dict[tuple[int, str], str] | None = None) -> str:
    def cap_for(term: int, unit: str) -> Decimal | None:
        return Decimal(caps[term, unit]) if caps and (term, unit) in caps else None

    with pytest.raises(BadProduct) as caught:
        clean_rates(list(rows), cap_for)
    assert caught.value.field == "rates"
    return str(caught.value)


def test_rows_are_kept_in_the_order_of_terms_and_amounts_with_exact_rates() -> None:
    kept = clean_rates([
        row(3, "year", 0, None, "2.6"), row(6, "month", 0, None, "1.9375"),
        row(1, "year", 500_000, None, "2.150"), row(1, "year", 0, 500_000, "2"),
        row(7, "day", 0, None, "1.1"),
    ])  # fmt: skip

    assert [(each["term"], each["unit"], each["rate"]) for each in kept] == [
        (7, "day", "1.10"), (6, "month", "1.9375"), (1, "year", "2.00"), (1, "year", "2.15"),
        (3, "year", "2.60"),
    ]  # fmt: skip
    assert clean_rates(kept) == kept


def test_the_tier_of_an_amount_includes_where_it_begins_and_not_where_it_ends() -> None:
    tiers = tiers_of(clean_rates([row(1, "year", 100, 500, "2"), row(12, "month", 500, None, "3")]))

    found = [rate_for(tiers, cents, 1, "year") for cents in (99, 100, 499, 500, 10**13)]

    assert [each.rate if each else None for each in found] == [
        None, Decimal(2), Decimal(2), Decimal(3), Decimal(3),
    ]  # fmt: skip
    assert rate_for(tiers, 500, 360, "day") is None


def test_tiers_that_overlap_are_named_by_their_rows_and_the_amount() -> None:
    told = refused(row(1, "year", 0, 500_000), row(3), row(12, "month", 400_000, None))

    assert told == "Rows 1 and 3 overlap: for 12 months both hold for 4,000.00 yuan."


def test_a_short_tier_inside_a_long_one_does_not_hide_a_third_that_overlaps() -> None:
    told = refused(row(least=0, most=1000), row(least=100, most=200), row(least=900, most=None))

    assert "Rows 1 and 2 overlap" in told
    assert "Rows 1 and 3 overlap" in told


def test_the_same_tier_twice_is_an_overlap_also_without_an_end() -> None:
    assert refused(row(), row()).startswith("Rows 1 and 2 overlap")
    assert refused(row(2, "year"), row(24, "month")).startswith("Rows 1 and 2 overlap")


def test_a_gap_is_named_by_its_rows_and_both_amounts() -> None:
    told = refused(row(least=0, most=500_000), row(least=500_001))

    assert told == (
        "Between rows 1 and 2 there is a gap: for 1 year no rate holds from 5,000.00 to 5,000.01"
        " yuan."
    )


def test_rates_above_the_cap_are_each_named_with_their_cap() -> None:
    caps = {(1, "year"): "2.15", (3, "year"): "2.6"}

    told = refused(row(1, rate="2.1501"), row(3, rate="2.60"), row(2, rate="9"), caps=caps)

    assert told == "Row 1: 2.1501% is above the platform's cap of 2.15% for 1 year."


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (row(0), "the term is a whole number"), (row(51), "the term is a whole number"),
        (row(True), "the term is a whole number"), (row("1"), "the term is a whole number"),
        (row(unit="week"), "choose days"), (row(unit=None), "choose days"),
        (row(unit=["day"]), "choose days"),
        (row(least=-1), "from which amount"), (row(least=0.5), "from which amount"),
        (row(most=10**15), "up to which amount"), (row(least=5, most=5), "end before they begin"),
        (row(rate="0"), "a percentage above 0"), (row(rate="2.15001"), "a percentage above 0"),
        (row(rate="NaN"), "a percentage above 0"), (row(rate=2.15), "a percentage above 0"),
        (row(rate="1e1"), "a percentage above 0"), (row(rate="1_5"), "a percentage above 0"),
        (row(rate="1e3"), "a percentage above 0"), (row(rate="x"), "a percentage above 0"),
    ],
)  # fmt: skip
def test_a_row_that_makes_no_sense_is_named(wrong: dict[str, Any], sentence: str) -> None:
    told = refused(row(2), wrong)

    assert told.startswith("Row 2: ")
    assert sentence in told


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(BadProduct, match="not a list"):
        clean_rates({"term": 1})
    with pytest.raises(BadProduct, match="not a list"):
        clean_rates(["x"])
    with pytest.raises(BadProduct, match="at most 60"):
        clean_rates([row()] * 61)
