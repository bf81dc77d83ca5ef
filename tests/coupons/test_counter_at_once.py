"""Tellers and guessers who really act at once."""

from __future__ import annotations

from collections import Counter as Tally
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from coupons.counter import lookup
from coupons.counter.services import redeem_at_counter, reverse_at_counter
from coupons.models import Coupon, LedgerEntry
from coupons.models.counter import MISSES
from tests.approvals.racing import at_once, racing_bank
from tests.coupons.counters import held_coupon, make_counter

THREADS = 8


def kinds(outcomes: list[Any]) -> dict[str, int]:
    return dict(Tally(type(each).__name__ for each in outcomes))


@pytest.mark.django_db(transaction=True)
def test_guesses_beside_each_other_are_counted_one_by_one() -> None:
    with racing_bank() as bank:
        counter, now = make_counter(), timezone.now()
        guess = partial(lookup.find_coupon, actor=counter.teller, text="GUESS-1", at=now)
        rounds = [kinds(at_once(bank, *[guess] * THREADS)) for _each in range(4)]

        told = Tally[str]()
        for each in rounds:
            told.update(each)
        assert told == {"UnknownCoupon": MISSES, "LookupsPaused": 4 * THREADS - MISSES}
        assert AuditEvent.objects.filter(event="coupons.lookups_paused").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_coupon_is_redeemed_and_taken_back_once_however_many_try() -> None:
    with racing_bank() as bank:
        counter, coupon = make_counter(), held_coupon()
        redeem = partial(
            redeem_at_counter, actor=counter.teller, coupon_id=coupon.pk, business="deposit",
            reference="D-1", manager="Li Lei",
        )  # fmt: skip
        same = at_once(bank, *[partial(redeem, key="same")] * THREADS)
        assert len({each.pk for each in same}) == 1

        back = partial(reverse_at_counter, actor=counter.teller, entry_id=same[0].pk, reason="No")
        outcomes = at_once(bank, *[partial(back, key=f"r{n}") for n in range(THREADS)])
        assert kinds(outcomes) == {"LedgerEntry": 1, "CounterRefused": THREADS - 1}

        others = at_once(bank, *[partial(redeem, key=f"k{n}") for n in range(THREADS)])
        assert kinds(others) == {"LedgerEntry": 1, "AlreadyRedeemed": THREADS - 1}
        entries = LedgerEntry.objects.filter(coupon=coupon, action__in=["redeem", "reverse"])
        assert [each.spent_cents for each in entries.order_by("id")] == [3000, -3000, 3000]
        assert Coupon.objects.get(pk=coupon.pk).state == "redeemed"
