"""Redeeming: the coupon is used, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from coupons import events
from coupons.choices import Channel, CouponState, LedgerAction
from coupons.errors import WrongBranch
from coupons.life import announcing, counted
from coupons.life.actors import Doer
from coupons.life.answers import Answered, Question, answer
from coupons.life.changes import change
from coupons.life.documents import moment
from coupons.life.entries import Record, write
from coupons.life.locks import (
    locked_elsewhere,
    release_overdue,
    require_channel,
    require_worth,
    transition,
    unlocked,
)
from coupons.life.payments import Payment, require_fitting
from coupons.life.rows import Row, locked_row, require_usable
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from operators.models import Branch


@dataclass(frozen=True, slots=True)
class _Counter:
    """What is written down at a counter."""

    branch: Branch | None = None
    manager: str = ""
    note: str = ""


def redeem_coupon(
    *,
    actor: Doer,
    coupon_id: int,
    customer_number: str | None = None,
    order_cents: int | None = None,
    scene: str = "",
    reference: str = "",
    manager: str = "",
    branch: Branch | None = None,
    note: str = "",
    key: str,
    at: datetime | None = None,
) -> Answered:
    """For the payment it is locked for, or at once. At the counter (``customer_number`` None,
    ``branch`` told) whoever brings the coupon; an operator needs ``coupons.redeem_coupon``."""
    if actor.operator is not None:
        require(actor.operator, "coupons.redeem_coupon")
        require_branch(actor.operator, branch.path if branch is not None else "")
    payment, counter = Payment(order_cents, scene, reference), _Counter(branch, manager, note)
    payload = {
        "coupon": coupon_id, "customer": customer_number, "order": order_cents, "scene": scene,
        "reference": reference, "manager": manager, "branch": branch.pk if branch else None,
        "note": note,
    }  # fmt: skip
    question = Question(actor, "redeem", key, payload, at or timezone.now())
    return answer(
        question,
        lambda asked: _redeemed(asked, coupon_id, customer_number, payment, counter),
        lambda refusal: release_overdue(refusal, question.at),
    )


def _redeemed(
    question: Question,
    coupon_id: int,
    customer_number: str | None,
    payment: Payment,
    counter: _Counter,
) -> dict[str, Any]:
    row = locked_row(coupon_id, customer_number, question)
    require_usable(row, question.at)
    require_channel(row, question.doer)
    require_here(row, counter.branch)
    is_locked = row.is_locked(question.at)
    if is_locked:
        payment = _as_locked(row, payment, question.doer)
    else:
        require_fitting(row.terms, payment)
        row = unlocked(row, question.at)
    worth = row.terms.worth(row.face_cents, payment.order_cents)
    require_worth(row, worth)
    branch_path = counter.branch.path if counter.branch is not None else row.customer_branch
    change(
        row, state=CouponState.REDEEMED, lock_until=None, reference=payment.reference,
        order_cents=payment.order_cents, redeemed_at=question.at, redeemed_cents=worth,
        counted_at=row.counted_at if is_locked else question.at,
    )  # fmt: skip
    body = row.document(
        state=CouponState.REDEEMED, lock_until=None, reference=payment.reference,
        redeemed_cents=worth, redeemed_at=moment(question.at),
        **payment.quote(row.terms, row.face_cents),
    )  # fmt: skip
    entry = transition(
        row, question.doer, LedgerAction.REDEEM, CouponState.REDEEMED, at=question.at,
        key=question.key, accrued_cents=-row.face_cents, spent_cents=worth,
        shares=row.terms.split(worth), order_cents=payment.order_cents, scene=payment.scene,
        reference=payment.reference, branch_path=branch_path, manager=counter.manager,
        note=counter.note,
    )  # fmt: skip
    wanted = (
        []
        if is_locked
        else counted.to_claim(row, worth=worth, branch_path=branch_path, at=question.at)
    )
    write(Record(entry, events.REDEEMED, body, question, wanted))
    announcing.announce(announcing.Change("redeemed", row, worth, question))
    return body


def _as_locked(row: Row, payment: Payment, doer: Doer) -> Payment:
    """The payment that the lock was quoted for; any other one is refused."""
    other = row.reference and payment.reference and payment.reference != row.reference
    order = payment.order_cents
    if other or doer.channel == Channel.COUNTER or (order is not None and order != row.order_cents):
        raise locked_elsewhere(row)
    return Payment(row.order_cents, payment.scene, payment.reference or row.reference)


def require_here(row: Row, branch: Branch | None) -> None:
    """A coupon of a branch is redeemed there or below it."""
    if branch is not None and not branch.path.startswith(row.branch_path):
        raise WrongBranch(
            _("This coupon can only be redeemed at %(branch)s.") % {"branch": row.branch_name},
            branch=row.branch_name,
        )
