from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from coupons import errors
from coupons.choices import BatchState
from coupons.counter import lookup, qr
from coupons.counter.services import redeem_at_counter, reverse_at_counter, why_not_reversible
from coupons.counter.showing import shown
from coupons.models import Batch, Coupon, LedgerEntry, LookupGuard
from coupons.models.counter import MISSES, PAUSE, WINDOW
from operators.errors import NotAllowed
from tests.approvals.people import make_operator
from tests.coupons.counters import Counter, gift_template, held_coupon, make_counter


@pytest.fixture
def counter(bank: Any) -> Counter:
    return make_counter()


def redeem(actor: Any, coupon: Coupon, key: str = "k1", **given: Any) -> LedgerEntry:
    values: dict[str, Any] = {
        "business": "deposit", "reference": "D-2026-1", "manager": "Li Lei 1007", "note": "",
    }  # fmt: skip
    return redeem_at_counter(actor=actor, coupon_id=coupon.pk, key=key, **(values | given))


def reasons(coupon: Coupon, counter: Counter) -> list[str]:
    found = lookup.handed_out(coupon.pk)
    return list(shown(found, counter.teller.branch, timezone.now()).obstacles)


# --- looking up ----------------------------------------------------------------------------------
def test_a_code_is_found_as_paper_and_input_methods_write_it(counter: Counter) -> None:
    coupon = held_coupon(code="Rice-0001")

    for text in (
        "Rice-0001",
        " Rice 0001 ".replace(" 0", "-0"),
        "Ｒｉｃｅ－０００１",
        "Rice-\t0001",
    ):
        assert lookup.find_coupon(actor=counter.teller, text=text).pk == coupon.pk
    with pytest.raises(errors.UnknownCoupon):
        lookup.find_coupon(actor=counter.teller, text="rice-0001")


def test_a_coupon_of_an_undecided_batch_is_unknown(counter: Counter) -> None:
    coupon = held_coupon()
    for state in (BatchState.LOADING, BatchState.LOADED, BatchState.IN_REVIEW):
        Batch.objects.update(state=state)
        with pytest.raises(errors.UnknownCoupon):
            lookup.find_coupon(actor=counter.teller, text="RICE-0001")
    Batch.objects.update(state=BatchState.FROZEN)

    assert lookup.find_coupon(actor=counter.teller, text="RICE-0001").pk == coupon.pk


def test_only_who_may_redeem_and_belongs_to_a_branch_looks_up(counter: Counter) -> None:
    held_coupon()
    with pytest.raises(NotAllowed):
        lookup.find_coupon(actor=make_operator("mia", "maker"), text="RICE-0001")
    with pytest.raises(errors.CounterRefused, match="no branch"):
        lookup.find_coupon(actor=make_operator("homeless", "branch"), text="RICE-0001")


def test_a_customer_s_coupons_are_those_held_and_the_look_up_is_on_record(
    counter: Counter,
) -> None:
    template = gift_template()
    kept = held_coupon(template, "RICE-1")
    redeem(counter.teller, held_coupon(template, "RICE-2"))
    held_coupon(template, "RICE-3", number="C2")

    number = lookup.find_customer(actor=counter.teller, number=" C1 ")

    assert [each.pk for each in lookup.coupons_of(number)] == [kept.pk]
    event = AuditEvent.objects.get(event="coupons.customer_looked_up")
    assert (event.target_id, event.branch_path) == ("C1", counter.branch.path)
    with pytest.raises(errors.UnknownCoupon):
        lookup.find_customer(actor=counter.teller, number="C99")


# --- misses --------------------------------------------------------------------------------------
def miss(actor: Any, at: Any) -> None:
    with pytest.raises(errors.UnknownCoupon):
        lookup.find_coupon(actor=actor, text="GUESS-1", at=at)


def test_too_many_misses_stop_look_ups_for_a_while_and_are_on_record(counter: Counter) -> None:
    held_coupon()
    now = timezone.now()
    for _each in range(MISSES - 1):
        miss(counter.teller, now)
    lookup.find_coupon(actor=counter.teller, text="RICE-0001", at=now)
    miss(counter.teller, now)

    for text in ("GUESS-2", "RICE-0001"):
        with pytest.raises(errors.LookupsPaused):
            lookup.find_coupon(actor=counter.teller, text=text, at=now)
    with pytest.raises(errors.LookupsPaused):
        lookup.find_customer(actor=counter.teller, number="C1", at=now)
    event = AuditEvent.objects.get(event="coupons.lookups_paused")
    assert event.actor_id == counter.teller.pk
    # Another operator's are another count, and the pause ends by itself.
    assert lookup.find_coupon(actor=counter.below, text="RICE-0001", at=now)
    assert lookup.find_coupon(actor=counter.teller, text="RICE-0001", at=now + PAUSE)


def test_old_misses_do_not_count(counter: Counter) -> None:
    now = timezone.now()
    for _each in range(MISSES - 1):
        miss(counter.teller, now)
    miss(counter.teller, now + WINDOW)

    assert LookupGuard.objects.get(pk=counter.teller.pk).misses == 1


def test_what_is_found_is_no_miss(counter: Counter) -> None:
    held_coupon()
    for _each in range(MISSES * 2):
        lookup.find_coupon(actor=counter.teller, text="RICE-0001")

    assert LookupGuard.objects.get(pk=counter.teller.pk).misses == 0


def test_forged_tokens_count_as_misses_and_late_ones_do_not(counter: Counter) -> None:
    coupon, now = held_coupon(), timezone.now()
    token = qr.token_for(coupon, now)
    forged = token.text[:-1] + ("A" if token.text[-1] != "A" else "Q")
    with pytest.raises(errors.UnknownCoupon):
        lookup.find_coupon(actor=counter.teller, text=forged, at=now)
    with pytest.raises(errors.QrExpired):
        lookup.find_coupon(actor=counter.teller, text=token.text, at=token.expires_at)

    assert LookupGuard.objects.get(pk=counter.teller.pk).misses == 1


# --- redeeming -----------------------------------------------------------------------------------
def test_a_gift_is_redeemed_once_with_everything_on_the_ledger(counter: Counter) -> None:
    coupon = held_coupon()
    entry = redeem(counter.teller, coupon, note="second visit")
    again = redeem(counter.teller, coupon, note="second visit")

    assert again.pk == entry.pk
    coupon.refresh_from_db()
    assert coupon.state == "redeemed"
    assert LedgerEntry.objects.filter(coupon=coupon, action="redeem").count() == 1
    assert (entry.channel, entry.branch_path, entry.scene, entry.reference, entry.manager) == (
        "counter", counter.branch.path, "deposit", "D-2026-1", "Li Lei 1007",
    )  # fmt: skip
    assert (entry.actor_id, entry.customer_number, entry.spent_cents) == (
        counter.teller.pk, "C1", 3000,
    )  # fmt: skip
    with pytest.raises(errors.AlreadyRedeemed):
        redeem(counter.teller, coupon, key="k2")


def test_a_branch_s_coupon_is_redeemed_there_and_below(counter: Counter) -> None:
    template = gift_template()
    first = held_at(template, "RICE-1", counter.branch)
    second = held_at(template, "RICE-2", counter.branch)
    with pytest.raises(errors.WrongBranch, match="Branch B1"):
        redeem(counter.elsewhere, first)
    # Not the other way round: what is the outlet's is not the branch's.
    third = held_at(template, "RICE-3", counter.outlet)
    with pytest.raises(errors.WrongBranch, match="Branch B11"):
        redeem(counter.teller, third)

    assert redeem(counter.teller, first)
    assert redeem(counter.below, second)


def held_at(template: Any, code: str, branch: Any) -> Coupon:
    coupon = held_coupon(template, code)
    Coupon.objects.filter(pk=coupon.pk).update(branch=branch)
    return Coupon.objects.get(pk=coupon.pk)


def test_a_coupon_for_the_app_is_not_redeemed_at_the_counter(counter: Counter) -> None:
    coupon = held_coupon(gift_template(redeemed_at="online"))

    assert "app only" in reasons(coupon, counter)[0]
    with pytest.raises(errors.WrongChannel):
        redeem(counter.teller, coupon)


def test_a_coupon_for_loans_is_redeemed_for_a_loan(counter: Counter) -> None:
    coupon = held_coupon(gift_template(scenes=["loan"]))
    with pytest.raises(errors.WrongScene):
        redeem(counter.teller, coupon, business="card")

    assert redeem(counter.teller, coupon, key="k2", business="loan")


def test_every_reason_against_a_redemption_is_said(counter: Counter) -> None:
    coupon = held_coupon()
    now = timezone.now()
    assert reasons(coupon, counter) == []
    said = {}
    for name, columns in {
        "stocked": {"state": "stocked"},
        "redeemed": {"state": "redeemed", "redeemed_at": now},
        "voided": {"state": "voided"},
        "frozen": {"state": "frozen"},
        "expired": {"state": "expired"},
        "locked": {"state": "locked", "lock_until": now + timedelta(minutes=5)},
        "not yet": {"state": "claimed", "valid_from": now + timedelta(days=1)},
        "over": {"state": "claimed", "valid_from": None, "valid_until": now},
    }.items():
        Coupon.objects.filter(pk=coupon.pk).update(**columns)
        said[name] = reasons(coupon, counter)
        if name != "stocked":
            with pytest.raises(errors.CouponRefused):
                redeem(counter.teller, coupon, key=name)

    assert [name for name, sentences in said.items() if len(sentences) != 1] == []
    Coupon.objects.filter(pk=coupon.pk).update(
        state="locked", lock_until=now - timedelta(1), valid_until=now + timedelta(1)
    )
    assert reasons(coupon, counter) == []


# --- taking back ---------------------------------------------------------------------------------
def test_a_redemption_is_taken_back_whole_with_a_reason(counter: Counter) -> None:
    coupon = held_coupon()
    entry = redeem(counter.teller, coupon)
    with pytest.raises(errors.CounterRefused, match="why"):
        reverse_at_counter(actor=counter.teller, entry_id=entry.pk, reason=" ", key="r0")

    back = reverse_at_counter(actor=counter.teller, entry_id=entry.pk, reason="Wrong gift", key="r")
    again = reverse_at_counter(
        actor=counter.teller, entry_id=entry.pk, reason="Wrong gift", key="r"
    )

    assert again.pk == back.pk
    coupon.refresh_from_db()
    assert (coupon.state, back.spent_cents, back.note) == ("claimed", -3000, "Wrong gift")
    assert AuditEvent.objects.filter(event="coupons.reversed", reason="Wrong gift").count() == 1
    with pytest.raises(errors.CounterRefused, match="already"):
        reverse_at_counter(actor=counter.teller, entry_id=entry.pk, reason="Again", key="r2")


def test_an_old_receipt_does_not_take_back_a_later_redemption(counter: Counter) -> None:
    coupon = held_coupon()
    first = redeem(counter.teller, coupon)
    reverse_at_counter(actor=counter.teller, entry_id=first.pk, reason="Wrong gift", key="r1")
    redeem(counter.teller, coupon, key="k2")

    with pytest.raises(errors.CounterRefused):
        reverse_at_counter(actor=counter.teller, entry_id=first.pk, reason="Again", key="r2")
    coupon.refresh_from_db()
    assert coupon.state == "redeemed"


def test_only_the_same_branch_takes_back_and_only_for_some_days(counter: Counter) -> None:
    entry = redeem(counter.below, held_coupon())
    for actor in (counter.teller, counter.elsewhere):
        with pytest.raises(errors.CounterRefused, match="Only the branch"):
            reverse_at_counter(actor=actor, entry_id=entry.pk, reason="No", key="r")
    with pytest.raises(NotAllowed):
        reverse_at_counter(
            actor=make_operator("mia", "maker", branch=counter.outlet),
            entry_id=entry.pk, reason="No", key="r",
        )  # fmt: skip

    week = entry.at + timedelta(days=7)
    assert "older" in why_not_reversible(entry, counter.outlet.path, week)
    assert why_not_reversible(entry, counter.outlet.path, week - timedelta(seconds=1)) == ""
