"""One coupon, locked for a change."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

from coupons.choices import BatchState, CouponState
from coupons.errors import AlreadyRedeemed, Expired, Frozen, NotYetValid, UnknownCoupon, Voided
from coupons.life.answers import AnsweredElsewhere, Question
from coupons.life.documents import coupon_document, moment
from coupons.terms.reading import Terms, terms_of
from tenants.statements import fetch

# NO KEY UPDATE: one change at a time for one coupon; whoever waits sees the row as it was left.
_LOCK = """
    SELECT coupon.id, coupon.batch_id, coupon.template_id, coupon.face_cents, coupon.state,
        coupon.branch_id, coupon.customer_number, coupon.valid_from, coupon.valid_until,
        coupon.terms_version, coupon.claimed_at, coupon.lock_until, coupon.reference,
        coupon.order_cents, coupon.counted_at, coupon.redeemed_at, coupon.redeemed_cents,
        batch.state, coalesce(account.live_version, 0), coalesce(home.path, ''),
        coalesce(own.path, ''), coalesce(own.name, ''),
        EXISTS (SELECT 1 FROM {schema}.coupons_answer WHERE id = :answer_id)
    FROM {schema}.coupons_coupon AS coupon
    JOIN {schema}.coupons_batch AS batch ON batch.id = coupon.batch_id
    LEFT JOIN {schema}.coupons_templateaccount AS account
        ON account.template_id = coupon.template_id
    LEFT JOIN {schema}.customers_customer AS customer
        ON customer.number = coupon.customer_number AND coupon.customer_number <> ''
    LEFT JOIN {schema}.operators_branch AS home ON home.id = customer.branch_id
    LEFT JOIN {schema}.operators_branch AS own ON own.id = coupon.branch_id
    WHERE coupon.id = :coupon_id AND batch.state IN ('live', 'frozen', 'recalled')
    FOR NO KEY UPDATE OF coupon
"""
NO_ANSWER = "00000000-0000-0000-0000-000000000000"


class Row(NamedTuple):
    id: int
    batch_id: int
    template_id: int
    face_cents: int
    state: str
    branch_id: int | None
    customer_number: str
    valid_from: datetime | None
    valid_until: datetime
    terms_version: int
    claimed_at: datetime | None
    lock_until: datetime | None
    reference: str
    order_cents: int | None
    counted_at: datetime | None
    redeemed_at: datetime | None
    redeemed_cents: int
    batch_state: str
    live_version: int
    # Path of the customer's branch; path and name of the branch that the coupon is for.
    customer_branch: str
    branch_path: str
    branch_name: str
    is_answered: bool

    @property
    def terms(self) -> Terms:
        """As claimed; of a coupon that nobody has claimed, as they are now."""
        version = self.terms_version or self.live_version
        return terms_of(connection.schema_name, self.template_id, version)

    def is_locked(self, at: datetime) -> bool:
        return (
            self.state == CouponState.LOCKED
            and self.lock_until is not None
            and self.lock_until > at
        )

    def document(self, **changed: Any) -> dict[str, Any]:
        terms = self.terms
        shown: dict[str, Any] = {
            "coupon_id": self.id,
            "state": self.state,
            "face_cents": self.face_cents,
            "valid_from": self.valid_from or terms.valid_from,
            "valid_until": self.valid_until,
            "lock_until": self.lock_until,
            "reference": self.reference,
            "redeemed_cents": self.redeemed_cents,
        }
        return coupon_document(terms, **{**shown, **changed})


def locked_row(coupon_id: int, customer_number: str | None, question: Question | None) -> Row:
    """Raises ``UnknownCoupon`` also for another customer's: who asks learns nothing. None = who
    asks may see the coupons of all customers."""
    answer_id = question.id if question is not None else NO_ANSWER
    rows = fetch(_LOCK, {"coupon_id": coupon_id, "answer_id": answer_id})
    row = Row(*rows[0]) if rows else None
    if row is not None and row.is_answered:
        raise AnsweredElsewhere
    if row is None or (customer_number is not None and row.customer_number != customer_number):
        raise UnknownCoupon(_("There is no such coupon."))
    return row


def require_usable(row: Row, at: datetime) -> None:
    """Claimed, valid by the clock, and neither frozen nor recalled; a lock that holds keeps a
    coupon valid until the payment is done."""
    if row.state == CouponState.REDEEMED:
        raise AlreadyRedeemed(
            _("This coupon has been redeemed already."), redeemed_at=moment(row.redeemed_at)
        )
    if row.state == CouponState.VOIDED or row.batch_state == BatchState.RECALLED:
        raise Voided(_("This coupon has been taken back and cannot be used."))
    if row.state == CouponState.FROZEN or row.batch_state != BatchState.LIVE:
        raise Frozen(_("This coupon is frozen for now; please ask your bank."))
    if row.state == CouponState.STOCKED:
        raise UnknownCoupon(_("There is no such coupon."))
    starts = row.valid_from or row.terms.valid_from
    if starts is not None and at < starts:
        raise NotYetValid(
            _("This coupon is valid from %(moment)s.") % {"moment": moment(starts)},
            valid_from=moment(starts),
        )
    if row.state == CouponState.EXPIRED or (row.valid_until <= at and not row.is_locked(at)):
        raise Expired(
            _("This coupon was valid until %(moment)s.") % {"moment": moment(row.valid_until)},
            valid_until=moment(row.valid_until),
        )
