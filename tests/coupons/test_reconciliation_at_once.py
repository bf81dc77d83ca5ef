"""Reconciling and tidying while customers go on, and with the services that customers use."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from coupons import services
from coupons.errors import CouponRefused
from coupons.expiry import tidy
from coupons.life import actors, pool
from coupons.models import Batch, Coupon, CouponNotice, DayTotal, LedgerEntry, Reconciliation
from coupons.reconciliation import services as books_kept
from coupons.reconciliation.days import day_of, end_of, start_of
from coupons.terms import reading
from tests.approvals.racing import at_once, racing_bank
from tests.coupons import books
from tests.coupons.making import live_template, people, stock

CUSTOMERS = 40


@pytest.fixture(autouse=True)
def _forget() -> None:
    reading.forget()
    pool.forget()


def live_through(template_code: str, seed: int, steps: int, at: Callable[[], datetime]) -> int:
    """A customer's own steps, in any order, refused or not; how many were done."""
    chance, done = random.Random(seed), 0
    who = actors.customer(f"C{seed}")
    held: list[int] = []
    for number in range(steps):
        key = f"{seed}-{number}"
        about: dict[str, Any] = {"actor": who, "customer_number": who.name, "key": key, "at": at()}
        try:
            if not held or chance.random() < 0.4:
                answer = services.claim_coupon(**about, template_code=template_code)
                held.append(answer.body["id"])
            else:
                use(chance, {**about, "coupon_id": chance.choice(held)})
            done += 1
        except CouponRefused:
            pass
    return done


def use(chance: random.Random, about: dict[str, Any]) -> None:
    order = chance.choice([5000, 9999])
    verb = chance.choice(["lock", "release", "redeem", "reverse", "part"])
    if verb == "lock":
        services.lock_coupon(**about, order_cents=order)
    elif verb == "release":
        services.release_coupon(**about)
    elif verb == "redeem":
        services.redeem_coupon(**about, order_cents=order)
    elif verb == "reverse":
        services.reverse_coupon(**about)
    else:
        services.reverse_coupon(**about, amount_cents=chance.randrange(1, 500))


def void_some(batch: Batch, at: datetime) -> None:
    _maker, checker = people()
    for coupon in Coupon.objects.filter(batch=batch, state="stocked")[:5]:
        services.void_coupon(
            actor=actors.operator(checker), coupon_id=coupon.pk, note="test", key=f"v{coupon.pk}",
            at=at,
        )  # fmt: skip


def test_walks_through_the_services_tie_out_to_the_cent(bank: Any) -> None:
    day = day_of(timezone.now()) - timedelta(days=1)
    noon = start_of(day) + timedelta(hours=12)
    made = start_of(day - timedelta(days=1))
    template = live_template(
        starts_at=made, bearers={"province": 3333, "bank": 3333, "merchant": 3334,
                                 "merchant_name": "M"}
    )  # fmt: skip
    batch = stock(template, 400, at=made, valid_until=end_of(day))
    clock = iter(range(10_000))
    done = sum(
        live_through(template.code, seed, 12, lambda: noon + timedelta(seconds=next(clock)))
        for seed in range(CUSTOMERS)
    )
    void_some(batch, noon)
    tidy(at=end_of(day) + timedelta(minutes=20))

    found = books_kept.reconcile_day(day=day, at=end_of(day) + timedelta(hours=1))

    assert (found.state, found.breaks) == ("tied_out", [])
    assert done > 150
    end = found.totals["end"]
    assert end["spent_cents"] == sum(Coupon.objects.values_list("redeemed_cents", flat=True)) > 0
    moves = found.totals["day"]
    for name in ("claim", "lock", "redeem", "reverse", "void"):
        assert moves[name]["count"] > 0, name
    assert found.totals["owed"]["ended"]["count"] > 0
    assert found.totals["owed"]["valid"]["count"] == 0


@pytest.mark.django_db(transaction=True)
def test_the_books_tie_out_while_customers_go_on() -> None:
    with racing_bank() as bank:
        template = live_template()
        batch = stock(template, 400, at=timezone.now() - timedelta(days=1))
        yesterday = day_of(timezone.now()) - timedelta(days=1)
        over = threading.Event()

        def reconcile() -> list[str]:
            states: list[str] = []
            while not over.is_set() or len(states) < 3:
                at = max(timezone.now(), end_of(yesterday) + timedelta(hours=1))
                states.append(books_kept.reconcile_day(day=yesterday, at=at).state)
            return states

        def customers(first: int) -> int:
            try:
                return sum(
                    live_through(template.code, seed, 10, timezone.now)
                    for seed in range(first, first + 15)
                )
            finally:
                over.set()

        given = at_once(
            bank, reconcile, reconcile, *[lambda first=n * 15: customers(first) for n in range(4)]
        )

        assert [each for each in given if isinstance(each, Exception)] == []
        assert {*given[0], *given[1]} == {"tied_out"}
        assert sum(given[2:]) > 100
        batch.refresh_from_db()
        assert batch.state == "live"
        last = books_kept.reconcile_day(day=yesterday, at=timezone.now() + timedelta(hours=1))
        assert last.breaks == []


@pytest.mark.django_db(transaction=True)
def test_two_runs_of_the_same_day_at_once_leave_what_one_leaves() -> None:
    with racing_bank() as bank:
        at = timezone.now() - timedelta(days=1)
        batch = stock(live_template(), 10, at=at)
        books.redeem(books.claim(books.of(batch), at), at)
        later = end_of(day_of(at)) + timedelta(hours=1)

        given = at_once(bank, *[lambda: books_kept.reconcile_missing(at=later) for _each in "abcd"])

        assert [each for each in given if isinstance(each, Exception)] == []
        assert Reconciliation.objects.get().files.count() == 4
        rows = DayTotal.objects.values_list("action", "count").order_by("action")
        assert list(rows) == [("claim", 1), ("redeem", 1), ("stock", 10)]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_breaks_while_customers_claim_freezes_without_a_conflict() -> None:
    with racing_bank() as bank:
        template = live_template()
        batch = stock(template, 100, at=timezone.now() - timedelta(days=1))
        Coupon.objects.filter(pk=books.of(batch, 99).pk).update(state="voided")
        day = day_of(timezone.now()) - timedelta(days=1)

        def reconcile() -> str:
            at = max(timezone.now(), end_of(day) + timedelta(hours=1))
            return books_kept.reconcile_day(day=day, at=at).state

        given = at_once(
            bank, reconcile,
            *[lambda n=n: live_through(template.code, n, 20, timezone.now) for n in range(4)],
        )  # fmt: skip

        assert given[0] == "broken"
        assert [each for each in given if isinstance(each, Exception)] == []
        assert Batch.objects.get(pk=batch.pk).state == "frozen"


@pytest.mark.django_db(transaction=True)
def test_tidying_at_once_closes_each_coupon_once_beside_voids_and_reversals() -> None:
    with racing_bank() as bank:
        now = timezone.now()
        template = live_template(valid_until=now + timedelta(days=1))
        batch = stock(template, 120, at=now, valid_until=now + timedelta(days=1))
        for place in range(60):
            books.claim(books.of(batch, place), now, f"C{place}")
        for place in range(20):
            books.redeem(books.of(batch, place), now, 500)
        over = now + timedelta(days=1)
        _maker, checker = people()
        ids = list(Coupon.objects.filter(batch=batch).order_by("pk").values_list("pk", flat=True))

        def voids() -> int:
            done = 0
            for coupon_id in ids[40:]:
                try:
                    services.void_coupon(
                        actor=actors.operator(checker), coupon_id=coupon_id, note="test",
                        key=f"v{coupon_id}", at=over,
                    )  # fmt: skip
                    done += 1
                except CouponRefused:
                    pass
            return done

        def reversals() -> int:
            for coupon_id in ids[:20]:
                services.reverse_coupon(
                    actor=actors.system("shop"), coupon_id=coupon_id, key=f"r{coupon_id}", at=over
                )
            return 20

        given = at_once(bank, voids, reversals, *[lambda: tidy(at=over) for _each in range(3)])

        assert [each for each in given if isinstance(each, Exception)] == []
        tidy(at=over)
        states = list(Coupon.objects.filter(batch=batch).values_list("state", flat=True))
        assert states.count("voided") == given[0] + 20
        assert states.count("expired") == 100 - given[0]
        expired = LedgerEntry.objects.filter(action="expire")
        assert expired.count() == expired.values("coupon").distinct().count()
        later = end_of(day_of(over)) + timedelta(hours=1)
        found = books_kept.reconcile_day(day=day_of(over), at=later)
        assert found.breaks == []
        assert found.totals["end"]["accrued_cents"] == 0


@pytest.mark.django_db(transaction=True)
def test_customers_are_told_once_by_runs_at_once() -> None:
    with racing_bank() as bank:
        now = timezone.now()
        batch = stock(live_template(), 50, at=now, valid_until=now + timedelta(days=2))
        for place in range(50):
            books.claim(books.of(batch, place), now, f"C{place}")

        given = at_once(bank, *[lambda: tidy(at=now) for _each in range(4)])

        assert [each for each in given if isinstance(each, Exception)] == []
        assert sum(each.notices for each in given) == CouponNotice.objects.count() == 50
