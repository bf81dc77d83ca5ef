"""Batches and accounts as they are, read for a decision."""

from __future__ import annotations

from django.utils.translation import gettext as _

from audit.context import current_schema
from coupons.choices import CouponState
from coupons.errors import BatchRefused
from coupons.models import Batch, Coupon, TemplateAccount
from coupons.stock.ledgers import run
from coupons.terms.reading import Terms, terms_of


def find_batch(batch_id: int) -> Batch:
    batch = Batch.objects.select_related("template").filter(pk=batch_id).first()
    if batch is None:
        raise BatchRefused(_("There is no such batch."), code="batch_not_found")
    return batch


def account_of(template_id: int) -> TemplateAccount | None:
    return TemplateAccount.objects.filter(template_id=template_id).first()


def live_terms(account: TemplateAccount) -> Terms:
    assert account.live_version is not None
    return terms_of(current_schema(), account.template_id, account.live_version)


def standing(account: TemplateAccount | None) -> dict[str, int]:
    """Stock and budget as they are before the coupons are added."""
    names = ("stock_limit", "held_count", "budget_cents", "held_cents")
    return {name: getattr(account, name) if account is not None else 0 for name in names}


_COUNTED = """
SELECT count(*), coalesce(sum(face_cents), 0), coalesce(min(face_cents), 0),
       coalesce(max(face_cents), 0), count(*) FILTER (WHERE customer_number <> ''),
       count(*) FILTER (WHERE state <> %(stocked)s)
  FROM {coupons} WHERE batch_id = %(batch)s
"""
_COUNTS = ("count", "total_cents", "min_cents", "max_cents", "owned", "not_stocked")


def counted(batch_id: int) -> dict[str, int]:
    """The rows themselves, not what was written of them when they were loaded."""
    values = {"stocked": CouponState.STOCKED.value, "batch": batch_id}
    with run(_COUNTED, {"coupons": Coupon}, values) as cursor:
        return {name: int(value) for name, value in zip(_COUNTS, cursor.fetchone(), strict=True)}
