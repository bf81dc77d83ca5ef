from __future__ import annotations

import random
from collections import Counter

import pytest

from openapi_gateway.base_services.keyboard import layouts
from openapi_gateway.base_services.keyboard.layouts import GLYPHS, draw_layout, glyphs_of

DRAWS = 20_000
# 9 degrees of freedom: chance of one in ten million for a fair draw, and the draws are seeded.
BOUND = 52.0


@pytest.fixture
def _seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "_random", random.Random(20261122))


def chi_square(counts: Counter[int]) -> float:
    wanted = sum(counts.values()) / 10
    return sum((counts[each] - wanted) ** 2 / wanted for each in range(10))


@pytest.mark.usefixtures("_seeded")
def test_every_digit_is_equally_likely_everywhere() -> None:
    drawn = [draw_layout() for _ in range(DRAWS)]

    for position in range(10):
        assert chi_square(Counter(layout[position] for layout in drawn)) < BOUND


@pytest.mark.usefixtures("_seeded")
def test_what_lies_beside_a_key_says_nothing_of_it() -> None:
    drawn = [draw_layout() for _ in range(DRAWS)]

    for digit in range(10):
        after = Counter(layout[(layout.index(digit) + 1) % 10] for layout in drawn)
        assert after[digit] == 0
        # Its own share, so that the ten are alike again.
        after[digit] = DRAWS // 9
        assert chi_square(after) < BOUND


def test_every_layout_has_all_ten_digits() -> None:
    assert all(sorted(draw_layout()) == list(range(10)) for _ in range(200))


def test_layouts_come_from_the_systems_generator() -> None:
    assert isinstance(layouts._random, random.SystemRandom)


def test_names_of_drawings_carry_no_digit() -> None:
    assert len(set(GLYPHS)) == 10
    assert not any(character.isdigit() for name in GLYPHS for character in name)
    assert sorted(glyphs_of(draw_layout())) == sorted(GLYPHS)
