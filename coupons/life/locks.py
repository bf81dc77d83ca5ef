"""A coupon is bound to a payment while the customer pays; time undoes it, or ``release``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coupons import events
from coupons.choices import Channel, CouponState, LedgerAction
from coupons.errors import (
    BadAmount,
    CouponRefused,
    LimitReached,
    LockedElsewhere,
    NotLocked,
    WrongChannel,
)
from coupons.life import actors, counted
from coupons.life.actors import Doer
from coupons.life.answers import Answered, Question, answer
from coupons.life.changes import change, emptied
from coupons.life.documents import moment
from coupons.life.entries import Entry, Record, write
from coupons.life.payments import Payment, require_fitting
from coupons.life.rows import Row, locked_row, require_usable
from tenants.statements import fetch

_OVERDUE = """
    SELECT id FROM {schema}.coupons_coupon
    WHERE state = 'locked' AND template_id = :template_id AND lock_until <= :at
    ORDER BY id LIMIT 500
"""
OVER = "the time for the payment is over"


def lock_coupon(
    *,
    actor: Doer,
    coupon_id: int,
    customer_number: str,
    order_cents: int | None = None,
    scene: str = "",
    reference: str = "",
    key: str,
    at: datetime | None = None,
) -> Answered:
    """For one payment (``reference``), for as long as the terms give it; counts against the limits
    of redemption at once, so that what was quoted can be redeemed after the payment."""
    payment = Payment(order_cents, scene, reference)
    payload = {
        "coupon": coupon_id, "customer": customer_number, "order": order_cents, "scene": scene,
        "reference": reference,
    }  # fmt: skip
    question = Question(actor, "lock", key, payload, at or timezone.now())
    return answer(
        question,
        lambda asked: _locked(asked, coupon_id, customer_number, payment),
        lambda refusal: release_overdue(refusal, question.at),
    )


def release_coupon(
    *,
    actor: Doer,
    coupon_id: int,
    customer_number: str | None = None,
    key: str,
    at: datetime | None = None,
) -> Answered:
    payload = {"coupon": coupon_id, "customer": customer_number}
    question = Question(actor, "release", key, payload, at or timezone.now())
    return answer(question, lambda asked: _released(asked, coupon_id, customer_number))


def _locked(
    question: Question, coupon_id: int, customer_number: str, payment: Payment
) -> dict[str, Any]:
    row = locked_row(coupon_id, customer_number, question)
    require_usable(row, question.at)
    require_channel(row, question.doer)
    if row.is_locked(question.at):
        raise locked_elsewhere(row)
    require_fitting(row.terms, payment)
    row = unlocked(row, question.at)
    worth = row.terms.worth(row.face_cents, payment.order_cents)
    require_worth(row, worth)
    until = question.at + timedelta(minutes=row.terms.lock_minutes)
    change(
        row, state=CouponState.LOCKED, lock_until=until, reference=payment.reference,
        order_cents=payment.order_cents, counted_at=question.at,
    )  # fmt: skip
    body = row.document(
        state=CouponState.LOCKED, lock_until=until, reference=payment.reference,
        **payment.quote(row.terms, row.face_cents),
    )  # fmt: skip
    entry = transition(
        row, question.doer, LedgerAction.LOCK, CouponState.LOCKED, at=question.at,
        key=question.key, order_cents=payment.order_cents, scene=payment.scene,
        reference=payment.reference, branch_path=row.customer_branch,
    )  # fmt: skip
    wanted = counted.to_claim(
        row, worth=worth, branch_path=row.customer_branch, at=question.at
    )  # fmt: skip
    write(Record(entry, events.LOCKED, body, question, wanted))
    return body


def _released(question: Question, coupon_id: int, customer_number: str | None) -> dict[str, Any]:
    row = locked_row(coupon_id, customer_number, question)
    if row.state != CouponState.LOCKED:
        raise NotLocked(_("This coupon is not locked for a payment."))
    return release(row, question.doer, at=question.at, question=question)


def release(
    row: Row, doer: Doer, *, at: datetime, question: Question | None = None, note: str = ""
) -> dict[str, Any]:
    """Back to claimed, and what it counted back to the limits."""
    body = row.document(state=CouponState.CLAIMED, lock_until=None, reference="")
    change(row, state=CouponState.CLAIMED, **emptied())
    entry = transition(
        row, doer, LedgerAction.RELEASE, CouponState.CLAIMED, at=at, note=note,
        key=question.key if question is not None else "", reference=row.reference,
    )  # fmt: skip
    returned = counted.to_return(row, row.terms.worth(row.face_cents, row.order_cents))
    write(Record(entry, events.RELEASED, body, question, returned=returned))
    return body


def unlocked(row: Row, at: datetime) -> Row:
    """A lock that is over is undone in passing, with its own row in the ledger."""
    if row.state != CouponState.LOCKED or row.is_locked(at):
        return row
    release(row, actors.job("locks"), at=at, note=OVER)
    return row._replace(state=CouponState.CLAIMED, **emptied())


def release_overdue(refusal: LimitReached, at: datetime) -> bool:
    """Locks whose time is over still count until somebody needs the room; whether any did."""
    rows = fetch(_OVERDUE, {"template_id": refusal.template_id, "at": at})
    return sum(_release_one(coupon_id, at) for (coupon_id,) in rows) > 0


@transaction.atomic
def _release_one(coupon_id: int, at: datetime) -> bool:
    try:
        row = locked_row(coupon_id, None, None)
    except CouponRefused:
        return False
    return row.state == CouponState.LOCKED and unlocked(row, at) is not row


def transition(row: Row, doer: Doer, action: str, to_state: str, **more: Any) -> Entry:
    """A ledger row of ``row`` as it was read."""
    return Entry(
        doer=doer, action=action, coupon_id=row.id, batch_id=row.batch_id,
        template_id=row.template_id, terms_version=row.terms_version, from_state=row.state,
        to_state=to_state, face_cents=row.face_cents, customer_number=row.customer_number,
        **more,
    )  # fmt: skip


def require_channel(row: Row, doer: Doer) -> None:
    if doer.channel == Channel.COUNTER and not row.terms.is_at_counter:
        raise WrongChannel(_("This coupon is used in the app, not at the counter."))
    if doer.channel != Channel.COUNTER and not row.terms.is_online:
        raise WrongChannel(_("This coupon is used at the counter of a branch."))


def require_worth(row: Row, worth: int) -> None:
    if row.terms.reduces_payment and worth == 0:
        raise BadAmount(_("The payment is too small for this coupon to take anything off."))


def locked_elsewhere(row: Row) -> LockedElsewhere:
    return LockedElsewhere(
        _("This coupon is locked for another payment until %(moment)s.")
        % {"moment": moment(row.lock_until)},
        lock_until=moment(row.lock_until),
    )
