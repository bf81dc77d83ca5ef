"""Latencies in buckets that grow by the square root of 2: every percentile of any sum of them is
known to within a fifth, and two histograms add up number by number."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

# Upper edges in microseconds, inclusive: 0.1 ms, 0.14 ms, … 105 s; what is slower counts as that.
EDGES = tuple(round(100 * 2 ** (number / 2)) for number in range(41))


def bucket_of(latency_us: int) -> int:
    return min(bisect_left(EDGES, latency_us), len(EDGES) - 1)


def trimmed(counts: Sequence[int]) -> list[int]:
    """Without the zeros at the end."""
    last = max((number for number, count in enumerate(counts) if count), default=-1)
    return list(counts[: last + 1])


def percentile(counts: Sequence[int], percent: float) -> float | None:
    """In milliseconds, evenly spread inside its bucket; None = there is no call."""
    total = sum(counts)
    if not total:
        return None
    wanted = total * percent / 100
    seen = 0
    for number, count in enumerate(counts):
        if count and seen + count >= wanted:
            below = EDGES[number - 1] if number else 0
            share = (wanted - seen) / count
            return _milliseconds(below + (EDGES[number] - below) * share)
        seen += count
    return _milliseconds(EDGES[len(counts) - 1])


def _milliseconds(microseconds: float) -> float:
    """Three digits that mean something."""
    value = microseconds / 1000
    return round(value, max(0, 2 - math.floor(math.log10(value)))) if value > 0 else 0.0
