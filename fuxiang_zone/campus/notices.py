"""Notices of payment from a school's system: each counts once, whatever its order, and every one
that was signed rightly is kept with what became of it.

Locks: the payment (a refund takes its own and that of the payment it gives back, so that the two
never miss each other), then the bill.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.context import current_schema
from audit.services import record
from fuxiang_zone.campus import events
from fuxiang_zone.campus.choices import (
    STRAY,
    TAKEN,
    BillState,
    FeeState,
    NoticeKind,
    Outcome,
)
from fuxiang_zone.campus.errors import BadNotice, NoticeReused
from fuxiang_zone.campus.models import Bill, Payment
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from fuxiang_zone.campus.models import SchoolKey

Settle = Callable[[datetime], None]
AHEAD = timedelta(minutes=5)
OLDEST = timedelta(days=3653)
_NAMESPACE = UUID("5e8e1f3c-6f0e-4f43-9a52-0f3e3f4a7c11")

SENTENCES: dict[str, str | Promise] = {
    Outcome.PAID: gettext_lazy("The bill is paid."),
    Outcome.PAID_LATE: gettext_lazy("The bill is paid, after its due date."),
    Outcome.REFUNDED: gettext_lazy("The bill is refunded."),
    Outcome.RETURNED: gettext_lazy("The money is noted as given back; no bill had counted it."),
    Outcome.WAITING: gettext_lazy(
        "The payment of this refund has not been told yet; the refund counts as soon as it is."
    ),
    Outcome.WRONG_AMOUNT: gettext_lazy(
        "The amount is not that of the bill, or of the payment; give the money back and take the "
        "right amount."
    ),
    Outcome.ALREADY_PAID: gettext_lazy("Another payment has paid this bill; give this money back."),
    Outcome.ALREADY_REFUNDED: gettext_lazy("This payment has been refunded before."),
    Outcome.TOO_LATE: gettext_lazy(
        "This fee is no longer collected, or not after its due date; give the money back."
    ),
    Outcome.BILL_CANCELLED: gettext_lazy("The bill was cancelled; give the money back."),
    Outcome.UNKNOWN_BILL: gettext_lazy(
        "The school has no such bill; check the number, or give the money back."
    ),
}
STATUS: dict[str, int] = {
    Outcome.PAID: 200,
    Outcome.PAID_LATE: 200,
    Outcome.REFUNDED: 200,
    Outcome.RETURNED: 200,
    Outcome.WAITING: 202,
    Outcome.UNKNOWN_BILL: 404,
}


@dataclass(frozen=True, slots=True)
class Notice:
    kind: NoticeKind
    payment_id: str
    bill: str
    amount_cents: int
    occurred_at: datetime
    refund_of: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    payment_id: str
    outcome: str
    bill: str
    # Of the bill now; empty = there is none.
    bill_state: str
    replayed: bool = False

    @property
    def status(self) -> int:
        return STATUS.get(self.outcome, 409)

    @property
    def sentence(self) -> str:
        return str(SENTENCES[self.outcome])


def take_notice(*, key: SchoolKey, notice: Notice, at: datetime | None = None) -> Answer:
    """Raises ``BadNotice`` or ``NoticeReused``, and keeps nothing; what else is refused is kept, as
    money came."""
    at = at or timezone.now()
    _refuse_nonsense(notice, at)
    with transaction.atomic():
        _lock_payments(key.school_id, notice)
        bill = _locked_bill(key.school_id, notice.bill)
        row = _row(key, notice, bill, at)
        known = Payment.objects.filter(pk=row.pk).first()
        if known is not None:
            return _again(known, row, bill)
        step = _judge_refund if notice.kind is NoticeKind.REFUND else _judge_payment
        settle = step(row, bill)
        row.save(force_insert=True)
        settle(at)
        _record(row, at)
        if row.kind == NoticeKind.PAYMENT:
            _settle_waiting(row, bill, at)
        return _answer(row, bill)


def _lock_payments(school_id: int, notice: Notice) -> None:
    numbers = {notice.payment_id, notice.refund_of or notice.payment_id}
    place = f"{current_schema()}:campus:{school_id}"
    take_for_transaction(*(f"{place}:{number}" for number in numbers))


def _refuse_nonsense(notice: Notice, at: datetime) -> None:
    if notice.occurred_at > at + AHEAD:
        raise BadNotice(_("occurred_at lies in the future."), field="occurred_at")
    if notice.occurred_at < at - OLDEST:
        raise BadNotice(_("occurred_at is more than ten years ago."), field="occurred_at")
    if notice.kind is NoticeKind.REFUND and not notice.refund_of:
        raise BadNotice(_("A refund names its payment in refund_of."), field="refund_of")
    if notice.kind is NoticeKind.PAYMENT and notice.refund_of:
        raise BadNotice(_("A payment has no refund_of."), field="refund_of")
    if notice.refund_of == notice.payment_id:
        raise BadNotice(_("A refund has a number of its own."), field="payment_id")


def _locked_bill(school_id: int, uid: str) -> Bill | None:
    """None also for another school's bill, and for one that no customer has seen."""
    try:
        wanted = UUID(uid)
    except ValueError:
        return None
    bills = Bill.objects.filter(school_id=school_id, uid=wanted).exclude(state=BillState.DRAFT)
    return bills.select_for_update(no_key=True, of=("self",)).select_related("fee").first()


def _row(key: SchoolKey, notice: Notice, bill: Bill | None, at: datetime) -> Payment:
    return Payment(
        id=payment_key(key.school_id, notice.payment_id),
        school_id=key.school_id,
        kind=notice.kind,
        payment_id=notice.payment_id,
        refund_of=notice.refund_of,
        bill_uid=notice.bill,
        bill=bill,
        amount_cents=notice.amount_cents,
        # The database knows fewer zones than a school may write.
        occurred_at=notice.occurred_at.astimezone(UTC),
        received_at=at,
        key_id=key.key_id,
        fingerprint=_fingerprint(notice),
    )


def payment_key(school_id: int, payment_id: str) -> UUID:
    return uuid.uuid5(_NAMESPACE, f"{school_id}:{payment_id}")


def _fingerprint(notice: Notice) -> str:
    moment = notice.occurred_at.astimezone(UTC).isoformat()
    told = (notice.kind, notice.bill, str(notice.amount_cents), moment, notice.refund_of)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _again(known: Payment, row: Payment, bill: Bill | None) -> Answer:
    if known.fingerprint != row.fingerprint:
        raise _reused(row)
    return replace(_answer(known, bill), replayed=True)


def _reused(row: Payment) -> NoticeReused:
    return NoticeReused(
        _("The number %(number)s came before, with other contents; number each notice anew.")
        % {"number": row.payment_id}
    )


def _answer(row: Payment, bill: Bill | None) -> Answer:
    return Answer(row.payment_id, row.outcome, row.bill_uid, bill.state if bill else "")


# --- what becomes of it ---------------------------------------------------------------------------
def _judge_payment(row: Payment, bill: Bill | None) -> Settle:
    row.outcome = _outcome_of(row, bill)
    return partial(_pay, row, bill) if bill is not None and row.outcome in TAKEN else _nothing


def _outcome_of(row: Payment, bill: Bill | None) -> Outcome:
    if bill is None:
        return Outcome.UNKNOWN_BILL
    if bill.state == BillState.CANCELLED:
        return Outcome.BILL_CANCELLED
    if bill.state in (BillState.PAID, BillState.REFUNDED):
        return Outcome.ALREADY_PAID
    if row.amount_cents != bill.amount_cents:
        return Outcome.WRONG_AMOUNT
    # When it was paid counts, not when we were told.
    fee, paid_at = bill.fee, row.occurred_at
    if fee.state == FeeState.CLOSED and fee.closed_at is not None and paid_at >= fee.closed_at:
        return Outcome.TOO_LATE
    if timezone.localdate(paid_at) > fee.due_on:
        return Outcome.PAID_LATE if fee.takes_late else Outcome.TOO_LATE
    return Outcome.PAID


def _pay(row: Payment, bill: Bill, at: datetime) -> None:
    bill.state, bill.paid_at, bill.changed_at = BillState.PAID, row.occurred_at, at
    bill.payment_id = row.payment_id
    bill.save(update_fields=["state", "paid_at", "payment_id", "changed_at"])


def _judge_refund(row: Payment, bill: Bill | None) -> Settle:
    payment = Payment.objects.filter(pk=payment_key(row.school_id, row.refund_of)).first()
    if payment is not None and payment.kind != NoticeKind.PAYMENT:
        # It would wait for ever: no payment can have this number any more.
        raise BadNotice(_("refund_of names a refund; name the payment."), field="refund_of")
    return _judge_refund_of(row, payment, bill)


def _judge_refund_of(row: Payment, payment: Payment | None, bill: Bill | None) -> Settle:
    if payment is None:
        row.outcome = Outcome.WAITING
        return _nothing
    if payment.bill_uid != row.bill_uid:
        row.outcome = Outcome.UNKNOWN_BILL
        return _nothing
    if payment.given_back_at is not None:
        row.outcome = Outcome.ALREADY_REFUNDED
        return _nothing
    if payment.amount_cents != row.amount_cents:
        row.outcome = Outcome.WRONG_AMOUNT
        return _nothing
    row.outcome = Outcome.RETURNED if payment.outcome in STRAY else Outcome.REFUNDED
    return partial(_give_back, row, payment, bill)


def _give_back(row: Payment, payment: Payment, bill: Bill | None, at: datetime) -> None:
    payment.given_back_at = row.occurred_at
    payment.save(update_fields=["given_back_at"])
    if row.outcome == Outcome.REFUNDED and bill is not None:
        bill.state, bill.changed_at = BillState.REFUNDED, at
        bill.save(update_fields=["state", "changed_at"])


def _nothing(at: datetime) -> None: ...


def _settle_waiting(payment: Payment, bill: Bill | None, at: datetime) -> None:
    """Refunds that were told before their payment."""
    for refund in Payment.objects.waiting_for(payment.school_id, payment.payment_id):
        settle = _judge_refund_of(refund, payment, bill)
        refund.save(update_fields=["outcome"])
        settle(at)
        _record(refund, at)


def _record(row: Payment, at: datetime) -> None:
    record(
        events.NOTICE_TAKEN, actor=None, target=row, at=at,
        after={
            "kind": row.kind, "outcome": row.outcome, "bill": row.bill_uid,
            "amount_cents": row.amount_cents, "key": row.key_id,
        },
    )  # fmt: skip
