"""Finding a coupon at the counter: by what is typed or scanned, or by whose it is."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from coupons import events
from coupons.choices import CouponState
from coupons.counter import qr
from coupons.counter.guard import counted_look_up
from coupons.counter.rules import PERMISSION, branch_of
from coupons.errors import CounterRefused, UnknownCoupon
from coupons.models import Batch, Coupon
from coupons.stock.codes import Vault
from customers.models import Customer
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

_CODE_LENGTH = 64
_NUMBER_LENGTH = 32
# A customer has few coupons at a time; a system's mistake may have given hundreds.
OF_CUSTOMER = 50
_OPEN = (CouponState.CLAIMED, CouponState.LOCKED, CouponState.FROZEN)


def find_coupon(*, actor: Operator, text: str, at: datetime | None = None) -> Coupon:
    """By the code of the coupon, or by the customer's QR code. Raises ``UnknownCoupon``."""
    at = at or timezone.now()
    require(actor, PERMISSION)
    branch_of(actor)
    text = clean(text)
    if not text:
        raise CounterRefused(_("Type or scan the code of a coupon, or the customer's QR code."))
    with counted_look_up(actor, at):
        found = qr.coupon_of(text, at) if qr.is_token(text) else _by_code(text)
        return _handed_out(found)


def find_customer(*, actor: Operator, number: str, at: datetime | None = None) -> str:
    """The number of a customer whose coupons are looked at; that they are is on record."""
    at = at or timezone.now()
    require(actor, PERMISSION)
    branch = branch_of(actor)
    number = clean(number)[:_NUMBER_LENGTH]
    if not number:
        raise CounterRefused(_("Type the customer number."))
    with counted_look_up(actor, at):
        if not _is_known(number):
            raise UnknownCoupon(
                _("There is no customer with this number, and no coupon of one. Check the number.")
            )
    with transaction.atomic():
        record(
            events.CUSTOMER_LOOKED_UP, actor=actor, target_kind="customers.customer",
            target_id=number, target_label=number, branch=branch, at=at,
        )  # fmt: skip
    return number


def clean(text: str) -> str:
    """As an importer takes a code: full-width forms are made plain. Blanks come from paper and from
    scanners, never from a code."""
    return "".join(unicodedata.normalize("NFKC", text).replace("\0", "").split())


def coupons_of(number: str) -> list[Coupon]:
    """What the customer holds and has not used, what expires first first."""
    held = Coupon.objects.of_customer(number).filter(state__in=_OPEN)
    decided = Batch.objects.decided().values("pk")
    rows = held.filter(batch_id__in=decided).select_related("batch", "template", "branch")
    return list(rows.order_by("valid_until", "id")[:OF_CUSTOMER])


def handed_out(coupon_id: int) -> Coupon:
    """One that was found a moment ago, as it is now."""
    return _handed_out(Coupon.objects.filter(pk=coupon_id).first())


def _by_code(text: str) -> Coupon | None:
    if len(text) > _CODE_LENGTH:
        return None
    return Coupon.objects.filter(code_key=Vault().key_of(text)).first()


def _handed_out(found: Coupon | None) -> Coupon:
    """Of a batch that has been approved: what is being imported is nobody's to know."""
    decided = Batch.objects.decided()
    if found is None or not decided.filter(pk=found.batch_id).exists():
        raise UnknownCoupon(
            _("No coupon has this code. Check it, or scan it again; letters count as written.")
        )
    return Coupon.objects.select_related("batch", "template", "branch").get(pk=found.pk)


def _is_known(number: str) -> bool:
    return (
        Customer.objects.filter(number=number).exists()
        or Coupon.objects.of_customer(number).exists()
    )
