"""Reversing a redemption, whole or in part."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from coupons import events
from coupons.choices import BatchState, CouponState, LedgerAction
from coupons.errors import BadAmount, NotRedeemed
from coupons.life import accounts, announcing, counted
from coupons.life.actors import Doer
from coupons.life.answers import Answered, Question, answer
from coupons.life.changes import change, emptied
from coupons.life.entries import Record, write
from coupons.life.locks import transition
from coupons.life.rows import Row, locked_row
from coupons.wording import yuan
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from operators.models import Branch


def reverse_coupon(
    *,
    actor: Doer,
    coupon_id: int,
    customer_number: str | None = None,
    amount_cents: int | None = None,
    reference: str = "",
    note: str = "",
    branch: Branch | None = None,
    key: str,
    at: datetime | None = None,
) -> Answered:
    """``amount_cents`` of what was redeemed (None = all that is left of it). Wholly reversed, the
    coupon is claimed again while it is valid, else voided; in part, it stays redeemed."""
    if actor.operator is not None:
        require(actor.operator, "coupons.redeem_coupon")
        require_branch(actor.operator, branch.path if branch is not None else "")
    payload = {
        "coupon": coupon_id, "customer": customer_number, "amount": amount_cents,
        "reference": reference, "note": note, "branch": branch.pk if branch else None,
    }  # fmt: skip
    question = Question(actor, "reverse", key, payload, at or timezone.now())
    branch_path = branch.path if branch is not None else None

    def work(asked: Question) -> dict[str, Any]:
        row = locked_row(coupon_id, customer_number, asked)
        if row.state != CouponState.REDEEMED:
            raise NotRedeemed(_("This coupon has not been redeemed."))
        cents = _amount(row, amount_cents)
        told = {"reference": reference, "note": note}
        told["branch_path"] = row.customer_branch if branch_path is None else branch_path
        if cents < row.redeemed_cents:
            return _in_part(asked, row, cents, told)
        return _wholly(asked, row, told)

    return answer(question, work)


def _amount(row: Row, wanted: int | None) -> int:
    if wanted is None:
        return row.redeemed_cents
    if wanted <= 0 or wanted > row.redeemed_cents:
        raise BadAmount(
            _("%(amount)s yuan have been redeemed; reverse that, or less, but something.")
            % {"amount": yuan(row.redeemed_cents)},
            amount_cents=wanted, redeemed_cents=row.redeemed_cents,
        )  # fmt: skip
    if wanted < row.redeemed_cents and not row.terms.reduces_payment:
        raise BadAmount(_("This coupon can only be reversed as a whole."), amount_cents=wanted)
    return wanted


def _in_part(question: Question, row: Row, cents: int, told: dict[str, str]) -> dict[str, Any]:
    left = row.redeemed_cents - cents
    change(row, redeemed_cents=left)
    body = row.document(redeemed_cents=left, reversed_cents=cents)
    entry = transition(
        row, question.doer, LedgerAction.REVERSE, CouponState.REDEEMED, at=question.at,
        key=question.key, spent_cents=-cents, shares=_shares_back(row, left), **told,
    )  # fmt: skip
    returned = counted.to_return(row, cents, whole=False)
    write(Record(entry, events.REVERSED, body, question, returned=returned))
    announcing.announce(announcing.Change("reversed", row, cents, question))
    return body


def _wholly(question: Question, row: Row, told: dict[str, str]) -> dict[str, Any]:
    cents = row.redeemed_cents
    valid = row.valid_until > question.at and row.batch_state != BatchState.RECALLED
    state = CouponState.CLAIMED if valid else CouponState.VOIDED
    change(row, state=state, **emptied())
    body = row.document(
        state=state, reference="", redeemed_cents=0, reversed_cents=cents
    )  # fmt: skip
    entry = transition(
        row, question.doer, LedgerAction.REVERSE, state, at=question.at, key=question.key,
        accrued_cents=row.face_cents if valid else 0, spent_cents=-cents,
        shares=_shares_back(row, 0), **told,
    )  # fmt: skip
    returned = counted.to_return(row, cents)
    write(Record(entry, events.REVERSED, body, question, returned=returned))
    if not valid:
        accounts.give_back(row.template_id, row.face_cents)
    announcing.announce(announcing.Change("reversed", row, cents, question))
    return body


def _shares_back(row: Row, left: int) -> tuple[int, int, int]:
    """So that the shares of all rows together are those of what is left, to the cent."""
    old, new = row.terms.split(row.redeemed_cents), row.terms.split(left)
    return (new[0] - old[0], new[1] - old[1], new[2] - old[2])
