from __future__ import annotations

import itertools
import random

import pytest

from coupons.wallet.combining import Candidate, best_of, off_of


def by_trying(candidates: list[Candidate], order_cents: int) -> int:
    """What any allowed choice takes off at most, by trying them all."""
    best = 0
    for size in range(len(candidates) + 1):
        for chosen in itertools.combinations(candidates, size):
            groups = [each.group for each in chosen]
            is_allowed = size < 2 or ("" not in groups and len(set(groups)) == size)
            if is_allowed and off_of(chosen) <= order_cents:
                best = max(best, off_of(chosen))
    return best


@pytest.mark.parametrize("seed", range(60))
def test_no_choice_takes_off_more(seed: int) -> None:
    dice = random.Random(seed)
    candidates = [
        Candidate(number, dice.choice(["", "a", "b", "c", "d"]), dice.randint(0, 2000))
        for number in range(dice.randint(0, 9))
    ]
    order = dice.randint(0, 5000)

    chosen = best_of(candidates, order)

    assert off_of(chosen) == by_trying(candidates, order)
    groups = [each.group for each in chosen]
    assert len(set(groups)) == len(groups)
    assert len(chosen) < 2 or "" not in groups


def test_of_equal_choices_the_fewest_coupons_and_the_first_of_them() -> None:
    one, other = Candidate(1, "a", 300), Candidate(2, "b", 200)
    alone, later = Candidate(3, "", 500), Candidate(4, "", 500)

    assert best_of([one, other, alone, later], 1000) == (alone,)


def test_nothing_is_taken_off_twice() -> None:
    """8 and 5 off a payment of 10 would let somebody bear 13."""
    eight, five = Candidate(1, "a", 800), Candidate(2, "b", 500)

    assert best_of([eight, five], 1000) == (eight,)
    assert best_of([eight, five], 1300) == (eight, five)


def test_hundreds_of_coupons_of_many_values_are_weighed_as_well() -> None:
    candidates = [Candidate(n, f"g{n % 12}", 100 + n * 7) for n in range(500)]

    chosen = best_of(candidates, 20_000)

    assert 19_900 < off_of(chosen) <= 20_000
