"""Taking single coupons out of use: for good (void) or for now (freeze)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coupons import events
from coupons.choices import CouponState, LedgerAction
from coupons.errors import AlreadyRedeemed, CouponRefused, Expired, Voided
from coupons.life import accounts, counted
from coupons.life.actors import Doer
from coupons.life.answers import Answered, Question, answer
from coupons.life.changes import change, emptied
from coupons.life.entries import Record, write
from coupons.life.locks import locked_elsewhere, transition, unlocked
from coupons.life.rows import Row, locked_row
from coupons.models import Batch
from operators.permissions import require

PERMISSION = "coupons.void_coupon"


class NothingToFreeze(CouponRefused):
    code = "not_frozen"


def void_coupon(
    *, actor: Doer, coupon_id: int, note: str, key: str, at: datetime | None = None
) -> Answered:
    """For good. What was redeemed is reversed first; a payment under way is waited for."""
    _require(actor)
    payload = {"coupon": coupon_id, "note": note}
    question = Question(actor, "void", key, payload, at or timezone.now())
    return answer(question, lambda asked: _voided(asked, coupon_id, note))


def _voided(question: Question, coupon_id: int, note: str) -> dict[str, Any]:
    row = locked_row(coupon_id, None, question)
    _require_open(row)
    if row.is_locked(question.at):
        raise locked_elsewhere(row)
    row = unlocked(row, question.at)
    change(row, state=CouponState.VOIDED, **emptied())
    body = row.document(state=CouponState.VOIDED, lock_until=None, reference="")
    entry = transition(
        row, question.doer, LedgerAction.VOID, CouponState.VOIDED, at=question.at,
        key=question.key, accrued_cents=-_promised(row), note=note,
        branch_path=row.customer_branch,
    )  # fmt: skip
    write(Record(entry, events.VOIDED, body, question))
    accounts.give_back(row.template_id, row.face_cents)
    return body


@transaction.atomic
def freeze_coupon(*, actor: Doer, coupon_id: int, note: str, at: datetime | None = None) -> None:
    """Nobody can use it until it is unfrozen; a payment under way is refused."""
    _require(actor)
    at = at or timezone.now()
    row = locked_row(coupon_id, None, None)
    _require_open(row)
    if row.state == CouponState.FROZEN:
        return
    worth = row.terms.worth(row.face_cents, row.order_cents)
    returned = counted.to_return(row, worth) if row.state == CouponState.LOCKED else []
    change(row, state=CouponState.FROZEN, **emptied())
    entry = transition(row, actor, LedgerAction.FREEZE, CouponState.FROZEN, at=at, note=note)
    write(Record(entry, events.COUPON_FROZEN, {}, returned=returned))


@transaction.atomic
def unfreeze_coupon(*, actor: Doer, coupon_id: int, note: str, at: datetime | None = None) -> None:
    _require(actor)
    row = locked_row(coupon_id, None, None)
    if row.state != CouponState.FROZEN:
        raise NothingToFreeze(_("This coupon is not frozen."))
    state = CouponState.CLAIMED if row.claimed_at is not None else CouponState.STOCKED
    change(row, state=state)
    at = at or timezone.now()
    entry = transition(row, actor, LedgerAction.UNFREEZE, state, at=at, note=note)
    write(Record(entry, events.COUPON_UNFROZEN, {}))
    if state == CouponState.STOCKED:
        Batch.objects.filter(pk=row.batch_id, is_exhausted=True).update(is_exhausted=False)


def _require(actor: Doer) -> None:
    if actor.operator is not None:
        require(actor.operator, PERMISSION)


def _require_open(row: Row) -> None:
    if row.state == CouponState.REDEEMED:
        raise AlreadyRedeemed(_("This coupon has been redeemed; reverse that first."))
    if row.state == CouponState.VOIDED:
        raise Voided(_("This coupon has been voided already."))
    if row.state == CouponState.EXPIRED:
        raise Expired(_("This coupon has expired."))


def _promised(row: Row) -> int:
    """What its face value accrues: nothing while nobody has claimed it."""
    return row.face_cents if row.claimed_at is not None else 0
