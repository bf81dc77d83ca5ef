from __future__ import annotations

from datetime import date

import pytest

from fuxiang_zone.products.suitability import good_until, verdict

TODAY = date(2026, 9, 1)


@pytest.mark.parametrize("risk", range(1, 6))
@pytest.mark.parametrize("level", range(1, 6))
def test_a_customer_may_have_what_is_not_above_their_level(risk: int, level: int) -> None:
    found = verdict(risk, f"C{level}", TODAY, TODAY)

    assert found.ok is (risk <= level)
    assert found.code == ("" if risk <= level else "risk_too_high")
    assert bool(found.sentence) is not found.ok


@pytest.mark.parametrize(
    ("level", "assessed_on", "code"),
    [
        ("", TODAY, "not_assessed"),
        ("C5", None, "not_assessed"),
        ("X9", TODAY, "not_assessed"),
        ("C5", date(2026, 9, 2), "not_assessed"),
        ("C5", date(2025, 8, 31), "assessment_expired"),
        ("C5", date(2025, 9, 1), ""),
    ],
)
def test_an_assessment_counts_for_a_year(level: str, assessed_on: date | None, code: str) -> None:
    assert verdict(1, level, assessed_on, TODAY).code == code


def test_what_carries_no_risk_is_suitable_for_everybody() -> None:
    assert verdict(None, "", None, TODAY).ok


def test_an_assessment_of_a_leap_day_ends_on_the_28th() -> None:
    assert good_until(date(2024, 2, 29)) == date(2025, 2, 28)
