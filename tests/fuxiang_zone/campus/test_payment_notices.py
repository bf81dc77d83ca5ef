"""What a school's system tells of money: signed, once, in any order."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from fuxiang_zone.campus import fees, keys
from fuxiang_zone.campus.models import Bill, Payment, SchoolKey
from tests.fuxiang_zone.campus.making import Cast, System, in_days


@pytest.fixture
def cast(bank: Any, tmp_path: Path) -> Cast:
    return Cast(tmp_path)


@pytest.fixture
def system(cast: Cast) -> System:
    return cast.system()


def state_of(bill: Bill) -> str:
    return Bill.objects.get(pk=bill.pk).state


def test_a_signed_notice_pays_the_bill_and_leaves_an_event(cast: Cast, system: System) -> None:
    bill = cast.collect()[0]

    answer = system.pay(bill, payment_id="P1")

    assert answer.status_code == 200, answer.content
    assert answer.json()["outcome"] == "paid"
    paid = Bill.objects.get(pk=bill.pk)
    assert (paid.state, paid.payment_id) == ("paid", "P1")
    assert AuditEvent.objects.filter(event="campus.notice_taken").count() == 1


def test_the_same_notice_again_changes_nothing_and_gets_the_same_answer(
    cast: Cast, system: System
) -> None:
    body = system.body(cast.collect()[0])
    first = system.send(body)

    again = system.send(body)

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("hours", [-23, 16, 23])
def test_a_payment_may_be_told_in_any_zone(cast: Cast, system: System, hours: int) -> None:
    moment = timezone.now().replace(microsecond=0) - timedelta(hours=1)
    told = moment.astimezone(timezone.get_fixed_timezone(hours * 60 + 30))
    answer = system.pay(cast.collect()[0], occurred_at=told.isoformat())
    assert answer.json()["outcome"] == "paid"
    assert Payment.objects.get().occurred_at == moment


def test_a_number_with_other_contents_is_refused(cast: Cast, system: System) -> None:
    one, other, _third = cast.collect()
    system.pay(one, payment_id="P1")

    answer = system.pay(other, payment_id="P1")

    assert (answer.status_code, answer.json()["code"]) == (422, "payment_id_reused")
    assert state_of(other) == "unpaid"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"amount_cents": 35999}, 409, "wrong_amount"),
        ({"bill": "6f1b0b9e-5d0e-4c43-8a51-3f1a3b1f7f11"}, 404, "unknown_bill"),
    ],
)
def test_money_that_fits_no_bill_is_kept_and_told(
    cast: Cast, system: System, more: dict[str, Any], status: int, code: str
) -> None:
    bill = cast.collect()[0]

    answer = system.pay(bill, **more)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "退" in answer.json()["detail"]
    assert state_of(bill) == "unpaid"
    assert Payment.objects.stray().count() == 1


def test_a_second_payment_of_a_bill_is_money_to_give_back(cast: Cast, system: System) -> None:
    bill = cast.collect()[0]
    system.pay(bill, payment_id="P1")
    second = system.pay(bill, payment_id="P2")

    back = system.pay(bill, kind="refund", payment_id="R2", refund_of="P2")

    assert second.json()["code"] == "already_paid"
    assert back.json()["outcome"] == "returned"
    assert state_of(bill) == "paid"
    assert not Payment.objects.stray().exists()


def test_a_refund_of_the_payment_refunds_the_bill_once(cast: Cast, system: System) -> None:
    bill = cast.collect()[0]
    system.pay(bill, payment_id="P1")

    first = system.pay(bill, kind="refund", payment_id="R1", refund_of="P1")
    second = system.pay(bill, kind="refund", payment_id="R2", refund_of="P1")

    assert first.json()["outcome"] == "refunded"
    assert (second.status_code, second.json()["code"]) == (409, "already_refunded")
    assert state_of(bill) == "refunded"


def test_a_refund_that_comes_before_its_payment_waits_for_it(cast: Cast, system: System) -> None:
    bill = cast.collect()[0]

    early = system.pay(bill, kind="refund", payment_id="R1", refund_of="P1")
    waiting = state_of(bill)
    system.pay(bill, payment_id="P1")

    assert (early.status_code, early.json()["outcome"]) == (202, "waiting")
    assert waiting == "unpaid"
    assert state_of(bill) == "refunded"
    assert Payment.objects.get(payment_id="R1").outcome == "refunded"


def test_a_refund_of_another_amount_is_refused(cast: Cast, system: System) -> None:
    bill = cast.collect()[0]
    system.pay(bill, payment_id="P1")

    answer = system.pay(bill, kind="refund", payment_id="R1", refund_of="P1", amount_cents=1)

    assert answer.json()["code"] == "wrong_amount"
    assert state_of(bill) == "paid"


@pytest.mark.parametrize(("takes_late", "outcome"), [(True, "paid_late"), (False, "too_late")])
def test_what_counts_is_when_it_was_paid_not_when_it_was_told(
    cast: Cast, system: System, takes_late: bool, outcome: str
) -> None:
    in_time, late, _rest = cast.collect(takes_late=takes_late)
    fee = in_time.fee
    fee.due_on = in_days(-2)
    fee.save(update_fields=["due_on"])
    before = (timezone.now() - timedelta(days=3)).isoformat()

    first = system.pay(in_time, occurred_at=before)
    second = system.pay(late)

    assert first.json()["outcome"] == "paid"
    assert second.json()["outcome"] == outcome


def test_a_cancelled_bill_and_a_closed_fee_take_no_more_money(cast: Cast, system: System) -> None:
    cancelled, other, _third = cast.collect()
    fees.cancel_bill(actor=cast.maker, bill_id=cancelled.pk, reason="转学")
    fees.close_fee(actor=cast.maker, fee_id=other.fee_id, reason="学期结束")

    assert system.pay(cancelled).json()["code"] == "bill_cancelled"
    assert system.pay(other).json()["code"] == "too_late"


def test_a_bill_that_is_not_approved_is_none(cast: Cast, system: System) -> None:
    fee = cast.collect()[0].fee
    Bill.objects.filter(fee=fee).update(state="draft")

    assert system.pay(Bill.objects.first()).json()["code"] == "unknown_bill"


def test_money_of_the_future_is_refused_and_not_kept(cast: Cast, system: System) -> None:
    ahead = (timezone.now() + timedelta(minutes=6)).isoformat()

    answer = system.pay(cast.collect()[0], occurred_at=ahead)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_notice")
    assert not Payment.objects.exists()


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+08:00", "1900-01-01T00:00:00Z"])
def test_money_of_another_age_is_refused_and_not_kept(
    cast: Cast, system: System, when: str
) -> None:
    answer = system.pay(cast.collect()[0], occurred_at=when)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_notice")
    assert not Payment.objects.exists()


def test_a_bill_is_the_same_however_its_number_is_written(cast: Cast, system: System) -> None:
    bill = cast.collect()[0]
    body = system.body(bill, payment_id="P1")
    paid = system.send({**body, "bill": bill.uid.hex.upper()})

    again = system.send(body)
    back = system.pay(bill, kind="refund", payment_id="R1", refund_of="P1")

    assert again.json() == paid.json()
    assert back.json()["outcome"] == "refunded"


def test_a_refund_of_a_refund_is_refused_as_it_would_wait_for_ever(
    cast: Cast, system: System
) -> None:
    bill = cast.collect()[0]
    system.pay(bill, payment_id="P1")
    system.pay(bill, kind="refund", payment_id="R1", refund_of="P1")

    answer = system.pay(bill, kind="refund", payment_id="R2", refund_of="R1")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_notice")
    assert Payment.objects.count() == 2


# --- who signs ------------------------------------------------------------------------------------
def test_a_body_that_was_changed_on_the_way_is_refused(cast: Cast, system: System) -> None:
    body = system.body(cast.collect()[0])
    signature = system.signed(b"{}")["Campus-Signature"]

    answer = system.send(body, **{"Campus-Signature": signature})

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_wrong")
    assert not Payment.objects.exists()


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_time_is_refused(cast: Cast, system: System, minutes: int) -> None:
    raw = json.dumps(system.body(cast.collect()[0])).encode()
    headers = system.signed(raw, timezone.now() + timedelta(minutes=minutes))

    answer = system.send(raw, **headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_stale")


@pytest.mark.parametrize("stamp", ["9" * 5000, "９" * 10, "-1", "1e9"])
def test_a_timestamp_that_is_no_time_is_refused(cast: Cast, system: System, stamp: str) -> None:
    body = system.body(cast.collect()[0])

    answer = system.send(body, **{"Campus-Timestamp": stamp})

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_stale")


def test_an_unsigned_notice_and_an_unknown_key_are_refused(cast: Cast, system: System) -> None:
    body = system.body(cast.collect()[0])

    assert system.send(body, **{"Campus-Signature": ""}).json()["code"] == "signature_missing"
    assert system.send(body, **{"Campus-Key": "ck_other"}).json()["code"] == "signature_wrong"


def test_a_school_pays_no_bill_of_another_school(cast: Cast, tmp_path: Path) -> None:
    bill = cast.collect()[0]
    other = Cast(tmp_path, "XX-2").system()

    assert other.pay(bill).json()["code"] == "unknown_bill"
    assert state_of(bill) == "unpaid"


def test_the_secret_of_one_bank_is_nothing_at_another(
    cast: Cast, system: System, beta: Any
) -> None:
    there = System(system.issued, bank="beta")

    answer = there.pay(cast.collect()[0])

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_wrong")


def test_a_new_secret_leaves_the_old_one_a_day(cast: Cast, system: System) -> None:
    one, two, three = cast.collect()
    newer = cast.system()

    assert system.pay(one).status_code == 200
    assert newer.pay(two).status_code == 200

    SchoolKey.objects.filter(key_id=system.issued.key_id).update(ends_at=timezone.now())
    assert system.pay(three).json()["code"] == "signature_wrong"


def test_ended_secrets_are_refused_at_once(cast: Cast, system: System) -> None:
    keys.end_keys(actor=cast.maker, school_id=cast.school.pk, reason="泄露")

    assert system.pay(cast.collect()[0]).status_code == 401


def test_the_secret_is_neither_stored_nor_in_the_trail(cast: Cast, system: System) -> None:
    stored = bytes(SchoolKey.objects.get().secret)
    trail = str(list(AuditEvent.objects.values_list("after", flat=True)))

    assert system.issued.secret.encode() not in stored
    assert system.issued.secret not in trail
    assert system.issued.key_id in trail
