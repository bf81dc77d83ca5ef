from __future__ import annotations

import time

import pytest

from coupons.errors import BadTemplate
from coupons.terms.patterns import MOST_WAYS, clean_pattern, pattern_of, shortest_length


@pytest.mark.parametrize(
    ("pattern", "fitting", "unfitting"),
    [
        ("[0-9]{16,20}", "1234567890123456", "123456789012345"),
        (r"\d{4}", "0042", "42"),
        (r"HN-\d{3}[A-Z]?", "HN-123A", "HN-123a"),
        ("[A-Z0-9-]+", "A-9B", "a-9b"),
        ("[A-Za-z_]{4}", "Ab_c", "Ab-c"),
        ("", "anything-goes_9", "with blank"),
    ],
)
def test_a_pattern_stands_for_the_whole_code(pattern: str, fitting: str, unfitting: str) -> None:
    compiled = pattern_of(clean_pattern(pattern))

    assert compiled.fullmatch(fitting)
    assert not compiled.fullmatch(unfitting)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a|b){4}", "[0-9]{4}|[A-Z]{4}", "(a+)+aaaa", r"(\d)\1{4}", "[^0-9]{4}", r"\w{4}", r"\s{4}",
        "a.{4}", "[0-9]*aaaa", "[0-9]{5,4}", "[0-9]{65}", "[0-9]{0}", "[9-0]{4}", "[]{4}",
        "中文中文", "[0-9]{4}{4}", "abc", "[0-9]{33}[0-9]{33}", "x" * 101, "[0-9]{4",
    ],
)  # fmt: skip
def test_what_is_outside_the_dialect_is_refused_with_a_sentence(pattern: str) -> None:
    with pytest.raises(BadTemplate) as refused:
        clean_pattern(pattern)

    assert refused.value.field == "code_pattern"
    assert len(str(refused.value)) > 20


def test_no_pattern_can_stop_an_import() -> None:
    """The slowest that is allowed, on a code that nearly fits."""
    slowest = "[0-9A-F]+[0-9A-F]+-"
    assert MOST_WAYS == 64 * 64
    with pytest.raises(BadTemplate):
        clean_pattern("[0-9]+[0-9]+[0-9]+-")

    compiled = pattern_of(clean_pattern(slowest))
    begun = time.perf_counter()
    assert not compiled.fullmatch("A" * 63)
    assert time.perf_counter() - begun < 1


def test_full_width_forms_and_anchors_are_tidied() -> None:
    assert clean_pattern(" ^［０-９］｛１６，２０｝$ ") == "[0-9]{16,20}"


def test_the_shortest_length_tells_lost_zeros() -> None:
    assert shortest_length("[0-9]{16,20}") == 16
    assert shortest_length(r"HN-\d{3}[A-Z]?X+") == 7
    assert shortest_length("") == 0
