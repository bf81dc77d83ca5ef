"""Showing a code to a person: by permission, for a reason, and on record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.services import record
from coupons import events
from coupons.errors import UnknownCoupon
from coupons.models import Batch, Coupon
from coupons.stock.codes import Secret, Vault
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from operators.models import Operator

PERMISSION = "coupons.reveal_coupon"


@transaction.atomic
def reveal_code(
    *, actor: Operator, coupon_id: int, reason: str, at: datetime | None = None
) -> Secret:
    """Code and PIN of a coupon. Neither is written into the trail."""
    require(actor, PERMISSION)
    decided = Coupon.objects.filter(batch__in=Batch.objects.decided())
    coupon = decided.select_related("branch").filter(pk=coupon_id).first()
    if coupon is None:
        raise UnknownCoupon(_("There is no such coupon."))
    branch = coupon.branch
    require_branch(actor, branch.path if branch is not None else "")
    secret = Vault().open(coupon.code_key, bytes(coupon.secret))
    record(
        events.REVEALED, actor=actor, target=coupon, branch=branch, reason=reason,
        at=at or timezone.now(),
    )  # fmt: skip
    return secret
