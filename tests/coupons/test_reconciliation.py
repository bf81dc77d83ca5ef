"""Stock and ledger tie out to the cent, and whatever was tampered with does not."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent
from coupons import events
from coupons.errors import ReconciliationRefused
from coupons.models import Batch, Coupon, DayTotal, LedgerEntry, Reconciliation, TemplateAccount
from coupons.reconciliation import services
from coupons.reconciliation.days import day_of, end_of, start_of
from operators.errors import NotAllowed
from operators.models import Branch
from tests.coupons import books
from tests.coupons.making import live_template, people, stock

NOON = timedelta(hours=12)


@pytest.fixture
def day(bank: Any) -> date:
    """Yesterday."""
    return day_of(timezone.now()) - timedelta(days=1)


@pytest.fixture
def noon(day: date) -> datetime:
    return start_of(day) + NOON


def after(day: date) -> datetime:
    return end_of(day) + timedelta(hours=1)


def reconciled(day: date) -> Reconciliation:
    return services.reconcile_day(day=day, at=after(day))


def whats(found: Reconciliation, batch: Batch | None = None) -> set[str]:
    return {each["what"] for each in found.breaks if batch is None or each["batch"] == batch.pk}


def walk(batches: list[Batch], days: list[date], seed: int) -> None:
    """Every coupon takes a random way through its life, a few steps a day."""
    chance = random.Random(seed)
    for each in days:
        for coupon in Coupon.objects.filter(batch__in=batches).order_by("pk"):
            at = start_of(each) + timedelta(seconds=chance.randrange(86_400))
            if chance.random() < 0.6:
                step(coupon, at, chance)


def step(coupon: Coupon, at: datetime, chance: random.Random) -> None:
    if coupon.state == "stocked":
        books.claim(coupon, at) if chance.random() < 0.8 else books.void(coupon, at)
    elif coupon.state == "claimed":
        way = chance.choice(["lock", "redeem", "redeem", "void"])
        if way == "lock":
            books.lock(coupon, at, at + timedelta(minutes=15))
        elif way == "redeem":
            books.redeem(coupon, at, chance.randrange(1, coupon.face_cents + 1))
        else:
            books.void(coupon, at)
    elif coupon.state == "locked":
        books.redeem(coupon, at)
    elif coupon.state == "redeemed" and coupon.redeemed_cents:
        books.reverse(coupon, at, chance.choice([None, 1]))


def test_an_empty_day_ties_out(day: date) -> None:
    found = reconciled(day)

    assert (found.state, found.breaks) == ("tied_out", [])


def test_random_walks_over_three_days_tie_out_to_the_cent(day: date) -> None:
    days = [day - timedelta(days=2), day - timedelta(days=1), day]
    made = start_of(days[0])
    batches = [
        stock(live_template(), 30, at=made),
        stock(live_template(face_min_cents=1, face_max_cents=999), 30, at=made, face_cents=777),
    ]
    walk(batches, days, 7)

    for each in days:
        found = services.reconcile_day(day=each, at=after(day))
        assert (found.state, found.breaks) == ("tied_out", [])
    end = found.totals["end"]
    rows = list(Coupon.objects.filter(batch__in=batches))
    for state, sums in end["states"].items():
        assert sums["count"] == sum(row.state == state for row in rows), state
    assert end["spent_cents"] == sum(row.redeemed_cents for row in rows) > 0
    assert end["accrued_cents"] == sum(
        row.face_cents for row in rows if row.state in ("claimed", "locked")
    )
    assert end["province_cents"] + end["bank_cents"] == end["spent_cents"]


def test_days_add_up_in_any_order_of_their_runs(day: date) -> None:
    days = [day - timedelta(days=2), day - timedelta(days=1), day]
    batch = stock(live_template(), 20, at=start_of(days[0]))
    walk([batch], days, 11)

    late = [services.reconcile_day(day=each, at=after(day)) for each in (days[2], days[0], days[1])]

    assert [each.state for each in late] == ["tied_out"] * 3


def test_running_twice_changes_nothing(day: date, noon: datetime) -> None:
    batch = stock(live_template(), 4, at=noon)
    books.redeem(books.claim(books.of(batch), noon), noon, 500)

    def books_as_kept() -> Any:
        names = [field.attname for field in DayTotal._meta.concrete_fields if field.name != "id"]
        return (
            sorted(map(repr, DayTotal.objects.values_list(*names))),
            list(Reconciliation.objects.values_list("day", "state", "totals", "breaks")),
            list(LedgerEntry.objects.values_list("pk", flat=True)),
        )

    first = reconciled(day)
    kept, files = books_as_kept(), list(first.files.values_list("name", "sha256"))
    second = reconciled(day)

    assert books_as_kept() == kept
    assert list(second.files.values_list("name", "sha256")) == files


def test_totals_name_template_branch_and_bearer(day: date, noon: datetime) -> None:
    branch = Branch.add_root(code="B1", name="First", name_key="first")
    batch = stock(live_template(), 3, at=noon)
    books.redeem(
        books.claim(books.of(batch), noon, branch_path=branch.path), noon, 333,
        branch_path=branch.path,
    )  # fmt: skip

    reconciled(day)

    row = DayTotal.objects.get(day=day, action="redeem")
    assert (row.template_id, row.batch_id, row.branch_path) == (
        batch.template_id, batch.pk, branch.path,
    )  # fmt: skip
    assert (row.count, row.spent_cents, row.province_cents, row.bank_cents) == (1, 333, 99, 234)


def tampered_state(batch: Batch) -> None:
    Coupon.objects.filter(pk=books.of(batch, 1).pk).update(state="redeemed")


def tampered_amount(batch: Batch) -> None:
    Coupon.objects.filter(pk=books.of(batch).pk).update(redeemed_cents=499)


def tampered_face(batch: Batch) -> None:
    Coupon.objects.filter(pk=books.of(batch, 2).pk).update(face_cents=501)


def deleted_row(batch: Batch) -> None:
    Coupon.objects.filter(pk=books.of(batch, 2).pk).delete()


def removed_entry(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM coupons_ledgerentry WHERE batch_id = %s AND action = 'redeem'", [batch.pk]
        )


def changed_share(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE coupons_ledgerentry SET bank_cents = bank_cents - 1 WHERE batch_id = %s"
            " AND action = 'redeem'",
            [batch.pk],
        )


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (tampered_state, {"count.claimed", "count.redeemed", "accrued"}),
        (tampered_amount, {"spent"}),
        (tampered_face, {"face.stocked"}),
        (deleted_row, {"coupons", "count.stocked"}),
        (removed_entry, {"spent", "count.redeemed", "count.claimed"}),
        (changed_share, {"shares"}),
    ],
)
@pytest.mark.parametrize("days_ago", [0, 5])
def test_one_tampered_row_breaks_the_day_and_freezes_its_batch_only(
    day: date, tamper: Any, told: set[str], days_ago: int
) -> None:
    """Also when the day of the row was closed long before."""
    then = start_of(day - timedelta(days=days_ago)) + NOON
    template = live_template()
    good, bad = (stock(template, 4, at=then) for _each in range(2))
    for batch in (good, bad):
        books.redeem(books.claim(books.of(batch), then), then, 500)
        books.claim(books.of(batch, 1), then)
    for each in range(days_ago, -1, -1):
        assert reconciled(day - timedelta(days=each)).state == "tied_out"

    tamper(bad)
    found = reconciled(day)

    assert found.state == "broken"
    is_closed = days_ago and tamper in (removed_entry, changed_share)
    expected = "closed.count." if tamper is removed_entry else "closed.bank_cents."
    if is_closed:
        assert any(what.startswith(expected) for what in whats(found, bad))
    else:
        assert told <= whats(found, bad)
    assert whats(found, good) == set()
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state) == ("live", "frozen")
    assert AuditEvent.objects.filter(event=events.RECONCILIATION_BROKEN).count() == 1


def test_two_coupons_that_changed_places_are_found_although_the_batch_adds_up(
    day: date, noon: datetime
) -> None:
    batch = stock(live_template(), 2, at=noon)
    books.claim(books.of(batch), noon)
    Coupon.objects.filter(pk=books.of(batch, 0).pk).update(state="stocked", claimed_at=None)
    Coupon.objects.filter(pk=books.of(batch, 1).pk).update(state="claimed", claimed_at=noon)

    assert whats(reconciled(day)) == {"unlike"}


def test_a_wrong_account_is_told_and_freezes_nothing(day: date, noon: datetime) -> None:
    batch = stock(live_template(), 2, at=noon)
    TemplateAccount.objects.filter(pk=batch.template_id).update(held_count=1, held_cents=500)

    found = reconciled(day)

    assert whats(found) == {"held_count", "held_cents"}
    assert Batch.objects.get(pk=batch.pk).state == "live"


def test_batches_that_are_not_approved_do_not_count(day: date, noon: datetime) -> None:
    batch = stock(live_template(), 2, at=noon, state="in_review")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM coupons_ledgerentry WHERE batch_id = %s", [batch.pk])
    TemplateAccount.objects.update(held_count=0, held_cents=0)

    assert reconciled(day).breaks == []


def test_what_happened_after_the_day_is_not_of_the_day(day: date, noon: datetime) -> None:
    batch = stock(live_template(), 2, at=noon)
    books.claim(books.of(batch), noon)
    books.redeem(books.of(batch), end_of(day))
    books.claim(books.of(batch, 1), end_of(day) + timedelta(minutes=1))

    totals = reconciled(day).totals

    assert "redeem" not in totals["day"]
    assert totals["end"]["states"]["claimed"]["count"] == 1
    assert totals["end"]["accrued_cents"] == 500
    assert totals["owed"]["valid"]["count"] == 1


def test_a_day_that_is_not_over_is_refused(day: date) -> None:
    with pytest.raises(ReconciliationRefused, match="not over"):
        services.reconcile_day(day=day, at=end_of(day) - timedelta(seconds=1))


def test_only_who_may_export_runs_it_again(day: date) -> None:
    maker, checker = people()
    assert services.reconcile_day(day=day, at=after(day), actor=checker).state == "tied_out"
    maker.groups.clear()
    maker = type(maker).objects.get(pk=maker.pk)

    with pytest.raises(NotAllowed):
        services.reconcile_day(day=day, at=after(day), actor=maker)


def test_missed_days_are_caught_up_in_order_and_once(day: date) -> None:
    days = [day - timedelta(days=2), day - timedelta(days=1), day]
    stock(live_template(), 1, at=start_of(days[0]))

    assert services.reconcile_missing(at=after(day)) == days
    assert services.reconcile_missing(at=after(day)) == []
    assert Reconciliation.objects.count() == 3


def test_the_night_is_given_half_an_hour(day: date) -> None:
    stock(live_template(), 1, at=start_of(day))

    assert services.reconcile_missing(at=end_of(day) + timedelta(minutes=29)) == []
    assert services.reconcile_missing(at=end_of(day) + timedelta(minutes=30)) == [day]


def test_a_later_run_that_ties_out_is_told(day: date, noon: datetime) -> None:
    batch = stock(live_template(), 2, at=noon)
    coupon = books.of(batch)
    Coupon.objects.filter(pk=coupon.pk).update(state="voided")
    assert reconciled(day).state == "broken"

    Coupon.objects.filter(pk=coupon.pk).update(state="stocked")
    found = reconciled(day)

    assert (found.state, found.breaks) == ("tied_out", [])
    assert Batch.objects.get(pk=batch.pk).state == "frozen"
