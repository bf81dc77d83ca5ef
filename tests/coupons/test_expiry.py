"""What the clock has ended is closed in the books, once, with nothing lost on the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from coupons import events, expiry, services
from coupons.expiry import Tidied, tidy
from coupons.life import actors
from coupons.models import (
    Answer,
    Batch,
    Coupon,
    CouponNotice,
    LedgerEntry,
    LimitCounter,
    TemplateAccount,
)
from operators.models import Branch
from tests.coupons import books
from tests.coupons.making import live_template, stock


@pytest.fixture
def now(bank: Any) -> datetime:
    return timezone.now()


def held(batch: Batch) -> tuple[int, int]:
    account = TemplateAccount.objects.get(pk=batch.template_id)
    return account.held_count, account.held_cents


def test_stock_and_claimed_coupons_that_are_over_are_closed_with_ledger_and_account(
    now: datetime,
) -> None:
    branch = Branch.add_root(code="B1", name="First", name_key="first")
    batch = stock(live_template(), 3, valid_until=now + timedelta(days=1))
    books.claim(books.of(batch), now, branch_path=branch.path)
    books.redeem(books.claim(books.of(batch, 1), now), now)
    over = now + timedelta(days=1)

    done = tidy(at=over)

    assert done == Tidied(expired=2, of_stock=1, face_cents=1000, exhausted_batches=1)
    assert [each.state for each in Coupon.objects.order_by("pk")] == [
        "expired", "redeemed", "expired",
    ]  # fmt: skip
    rows = LedgerEntry.objects.filter(action="expire").order_by("coupon_id")
    told = rows.values_list("from_state", "to_state", "accrued_cents", "face_cents", "branch_path")
    assert list(told) == [
        ("claimed", "expired", -500, 500, branch.path), ("stocked", "expired", 0, 500, ""),
    ]  # fmt: skip
    assert held(batch) == (1, 500)
    assert Batch.objects.get(pk=batch.pk).is_exhausted


def test_a_moment_before_nothing_is_over(now: datetime) -> None:
    stock(live_template(), 2, valid_until=now + timedelta(days=1))

    done = tidy(at=now + timedelta(days=1) - timedelta(microseconds=1))

    assert done == Tidied()
    assert not AuditEvent.objects.filter(event=events.EXPIRED).exists()


def test_the_second_run_finds_nothing_and_leaves_no_event(now: datetime) -> None:
    stock(live_template(), 2, valid_until=now)

    assert tidy(at=now).expired == 2
    assert tidy(at=now) == Tidied()

    event = AuditEvent.objects.get(event=events.EXPIRED)
    assert (event.after["expired"], event.after["of_stock"], event.after["face_cents"]) == (
        2, 2, 1000,
    )  # fmt: skip


def test_many_slices_close_everything(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "SLICE", 3)
    batch = stock(live_template(), 10, valid_until=now)
    for place in range(4):
        books.claim(books.of(batch, place), now - timedelta(days=1))

    assert tidy(at=now).expired == 10
    assert held(batch) == (0, 0)
    assert LedgerEntry.objects.filter(action="expire").count() == 10


def test_frozen_coupons_and_undecided_batches_are_left_alone(now: datetime) -> None:
    frozen = stock(live_template(), 1, valid_until=now)
    Coupon.objects.filter(batch=frozen).update(state="frozen")
    stock(live_template(), 1, valid_until=now, state="in_review")

    assert tidy(at=now) == Tidied()
    assert not Batch.objects.get(pk=frozen.pk).is_exhausted


def test_a_frozen_batch_is_tidied_too(now: datetime) -> None:
    stock(live_template(), 1, valid_until=now, state="frozen")

    assert tidy(at=now).expired == 1


def test_a_lock_that_holds_keeps_the_coupon_and_one_that_is_over_gives_its_limit_back(
    now: datetime,
) -> None:
    limit = {
        "action": "redeem", "measure": "count", "period": "lifetime", "per": "customer",
        "limit": 1,
    }  # fmt: skip
    template = live_template(limits=[limit], valid_until=now + timedelta(minutes=5))
    stock(template, 1)
    who = actors.customer("C1")
    claimed = services.claim_coupon(
        actor=who, customer_number="C1", template_code=template.code, key="a", at=now
    )
    coupon = Coupon.objects.get(pk=claimed.body["id"])
    services.lock_coupon(
        actor=who, coupon_id=coupon.pk, customer_number="C1", order_cents=5000, key="b", at=now
    )  # fmt: skip

    assert tidy(at=now + timedelta(minutes=6)).expired == 0
    done = tidy(at=now + timedelta(minutes=15))

    assert (done.released, done.expired) == (1, 1)
    steps = LedgerEntry.objects.filter(coupon=coupon).order_by("id")
    assert [each.action for each in steps] == ["claim", "lock", "release", "expire"]
    assert sum(each.accrued_cents for each in steps) == 0
    assert list(LimitCounter.objects.values_list("used", flat=True)) == [0]


def test_customers_are_told_once_within_the_last_three_days(now: datetime) -> None:
    batch = stock(live_template(), 4, valid_until=now + timedelta(days=3))
    for place, customer in enumerate(["C1", "C2"]):
        books.claim(books.of(batch, place), now, customer)
    Coupon.objects.filter(pk=books.of(batch, 1).pk).update(
        valid_until=now + timedelta(days=3, seconds=1)
    )

    assert tidy(at=now).notices == 1
    assert tidy(at=now + timedelta(seconds=1)).notices == 1
    assert tidy(at=now + timedelta(seconds=2)).notices == 0

    told = CouponNotice.objects.order_by("id").values_list("customer_number", "kind")
    assert list(told) == [("C1", "expiring"), ("C2", "expiring")]


def test_answers_older_than_thirty_days_go_in_slices(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "SLICE", 2)
    for days in (0, 29, 31, 32, 33, 34, 35):
        Answer.objects.create(
            id=uuid4(), caller="c", key="k", fingerprint="f", status=200, body={},
            at=now - timedelta(days=days),
        )  # fmt: skip

    assert tidy(at=now).answers == 5
    assert Answer.objects.count() == 2


def test_a_batch_with_a_frozen_coupon_of_the_pool_is_not_given_out(now: datetime) -> None:
    batch = stock(live_template(), 2)
    books.claim(books.of(batch), now)
    Coupon.objects.filter(pk=books.of(batch, 1).pk).update(state="frozen")

    tidy(at=now)
    assert not Batch.objects.get(pk=batch.pk).is_exhausted

    Coupon.objects.filter(pk=books.of(batch, 1).pk).update(state="voided")
    assert tidy(at=now).exhausted_batches == 1
