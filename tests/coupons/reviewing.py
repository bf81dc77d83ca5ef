"""Batches that wait for a second person, and what must hold of the books afterwards."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Sum
from django.utils import timezone

from approvals.models import Request
from approvals.services import approve_request
from coupons.choices import BatchState, CouponState, LedgerAction
from coupons.models import Batch, Coupon, CouponTemplate, LedgerEntry, TemplateAccount
from coupons.stock.reviews import submit_batch
from operators.models import Operator
from tests.coupons.making import people, stock


def loaded(template: CouponTemplate, codes: Any = 3, **columns: Any) -> Batch:
    """As an import leaves it: rows there, nothing held, no ledger."""
    return stock(template, codes, state=BatchState.LOADED, **columns)


def submitted(batch: Batch, maker: Operator | None = None) -> Request:
    return submit_batch(actor=maker or people()[0], batch_id=batch.pk, note="as agreed")


def approve(request: Request, checker: Operator | None = None) -> Request:
    return approve_request(actor=checker or people()[1], request_id=request.pk)


def approved(template: CouponTemplate, codes: Any = 3, **columns: Any) -> Batch:
    batch = loaded(template, codes, **columns)
    approve(submitted(batch))
    batch.refresh_from_db()
    return batch


def require_books(template: CouponTemplate) -> None:
    """Ledger and states tell the same, and the account holds what is not voided or expired."""
    decided = Batch.objects.decided().filter(template=template)
    coupons = Coupon.objects.filter(batch__in=decided)
    states = dict(coupons.order_by().values_list("state").annotate(Count("pk")))
    assert states == _states_of_ledger(template)
    theirs = [CouponState.CLAIMED, CouponState.LOCKED, CouponState.FROZEN]
    promised = coupons.filter(state__in=theirs, claimed_at__isnull=False)
    accrued = LedgerEntry.objects.filter(template=template).aggregate(found=Sum("accrued_cents"))
    assert (accrued["found"] or 0) == (promised.aggregate(found=Sum("face_cents"))["found"] or 0)
    gone = [CouponState.VOIDED, CouponState.EXPIRED]
    held = coupons.exclude(state__in=gone).aggregate(count=Count("pk"), cents=Sum("face_cents"))
    account = TemplateAccount.objects.get(template=template)
    assert (account.held_count, account.held_cents) == (held["count"], held["cents"] or 0)


def _states_of_ledger(template: CouponTemplate) -> dict[str, int]:
    """Stocking brings coupons in; every row of a coupon moves it on from where it was."""
    entries = LedgerEntry.objects.filter(template=template).order_by()
    found: dict[str, int] = {}
    for entry in entries.values("from_state", "to_state").annotate(moved=Sum("count")):
        for state, change in ((entry["from_state"], -1), (entry["to_state"], 1)):
            if state:
                found[state] = found.get(state, 0) + change * entry["moved"]
    return {state: count for state, count in found.items() if count}


def entries_of(batch: Batch, action: LedgerAction) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(batch=batch, action=action).order_by("pk"))


def now() -> Any:
    return timezone.now()
