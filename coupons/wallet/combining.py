"""Which coupons together take most off one payment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

# Sums that are looked at; above, the smallest are left aside. Reached only by hundreds of coupons
# of many different values.
MOST_SUMS = 5000


class Candidate(NamedTuple):
    coupon_id: int
    # Empty = never beside another coupon.
    group: str
    off_cents: int


Chosen = tuple[Candidate, ...]
NOTHING: Chosen = ()


def best_of(candidates: Iterable[Candidate], order_cents: int) -> Chosen:
    """One coupon alone, or at most one of each stacking group, that take off most, and no more
    than the payment: what is taken off a payment twice, somebody would bear twice. Of equal ones
    the fewest coupons; of equal coupons the first. Candidates come in the order of preference."""
    alone = NOTHING
    groups: dict[str, dict[int, Candidate]] = defaultdict(dict)
    for each in candidates:
        if not 0 < each.off_cents <= order_cents:
            continue
        if _is_better((each,), alone):
            alone = (each,)
        if each.group:
            groups[each.group].setdefault(each.off_cents, each)
    together = _stacked(groups, order_cents)
    return together if _is_better(together, alone) else alone


def _stacked(groups: Mapping[str, Mapping[int, Candidate]], order_cents: int) -> Chosen:
    sums: dict[int, Chosen] = {0: NOTHING}
    for members in groups.values():
        sums = _extended(sums, tuple(members.values()), order_cents)
    return sums[max(sums)]


def _extended(
    sums: Mapping[int, Chosen], members: Sequence[Candidate], order_cents: int
) -> dict[int, Chosen]:
    found = dict(sums)
    for total, chosen in sums.items():
        for member in members:
            reached, candidate = total + member.off_cents, (*chosen, member)
            if reached <= order_cents and _is_better(candidate, found.get(reached, NOTHING)):
                found[reached] = candidate
    if len(found) <= MOST_SUMS:
        return found
    return {total: found[total] for total in sorted(found, reverse=True)[:MOST_SUMS]}


def _is_better(one: Chosen, other: Chosen) -> bool:
    ones, others = off_of(one), off_of(other)
    return ones > others or (ones == others > 0 and len(one) < len(other))


def off_of(chosen: Chosen) -> int:
    return sum(each.off_cents for each in chosen)
