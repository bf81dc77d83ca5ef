"""Transitions by direct rows, for tests of the books: coupon and ledger together, as the services
leave them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F

from coupons.choices import CouponState, LedgerAction
from coupons.models import Batch, Coupon, LedgerEntry, TemplateAccount

CLAIMED, LOCKED, REDEEMED = CouponState.CLAIMED, CouponState.LOCKED, CouponState.REDEEMED


def of(batch: Batch, place: int = 0) -> Coupon:
    return Coupon.objects.filter(batch=batch).order_by("pk")[place]


def move(
    coupon: Coupon,
    action: str,
    to_state: str,
    at: datetime,
    *,
    columns: dict[str, Any],
    **amounts: Any,
) -> Coupon:
    LedgerEntry.objects.create(
        at=at, action=action, coupon=coupon, batch_id=coupon.batch_id,
        template_id=coupon.template_id, terms_version=1, from_state=coupon.state,
        to_state=to_state, face_cents=coupon.face_cents, actor_kind="system", actor_name="test",
        channel="system", **amounts,
    )  # fmt: skip
    Coupon.objects.filter(pk=coupon.pk).update(state=to_state, **columns)
    coupon.refresh_from_db()
    return coupon


def claim(coupon: Coupon, at: datetime, customer: str = "C1", branch_path: str = "") -> Coupon:
    columns = {"claimed_at": at, "terms_version": 1, "customer_number": customer}
    return move(
        coupon, LedgerAction.CLAIM, CLAIMED, at, columns=columns, accrued_cents=coupon.face_cents,
        customer_number=customer, branch_path=branch_path,
    )  # fmt: skip


def lock(coupon: Coupon, at: datetime, until: datetime) -> Coupon:
    return move(coupon, LedgerAction.LOCK, LOCKED, at, columns={"lock_until": until})


def redeem(coupon: Coupon, at: datetime, cents: int | None = None, **told: Any) -> Coupon:
    cents = coupon.face_cents if cents is None else cents
    province = cents * 3 // 10
    return move(
        coupon, LedgerAction.REDEEM, REDEEMED, at,
        columns={"redeemed_at": at, "redeemed_cents": cents}, accrued_cents=-coupon.face_cents,
        spent_cents=cents, province_cents=province, bank_cents=cents - province,
        order_cents=5000, **told,
    )  # fmt: skip


def reverse(coupon: Coupon, at: datetime, cents: int | None = None) -> Coupon:
    """All of it makes the coupon claimed again."""
    is_whole = cents is None or cents == coupon.redeemed_cents
    taken = coupon.redeemed_cents if cents is None else cents
    province = taken * 3 // 10
    left = coupon.redeemed_cents - taken
    return move(
        coupon, LedgerAction.REVERSE, CLAIMED if is_whole else REDEEMED, at,
        columns={"redeemed_cents": left, "redeemed_at": None if is_whole else coupon.redeemed_at},
        accrued_cents=coupon.face_cents if is_whole else 0, spent_cents=-taken,
        province_cents=-province, bank_cents=province - taken,
    )  # fmt: skip


def void(coupon: Coupon, at: datetime) -> Coupon:
    is_promised = coupon.state in (CLAIMED, LOCKED)
    TemplateAccount.objects.filter(pk=coupon.template_id).update(
        held_count=F("held_count") - 1, held_cents=F("held_cents") - coupon.face_cents
    )
    return move(
        coupon, LedgerAction.VOID, CouponState.VOIDED, at, columns={},
        accrued_cents=-coupon.face_cents if is_promised else 0,
    )  # fmt: skip
