"""Coupons that a file names a customer for: theirs from the approval of the batch on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from coupons.choices import CouponState, LedgerAction
from coupons.models import Batch, Coupon, LedgerEntry
from coupons.stock.ledgers import insert_from, run, who
from coupons.terms.reading import Terms
from customers.models import Customer
from operators.models import Branch

if TYPE_CHECKING:
    from operators.models import Operator

_LEDGER = insert_from(
    "given LEFT JOIN {customers} AS customer ON customer.number = given.customer_number"
    " LEFT JOIN {branches} AS branch ON branch.id = customer.branch_id",
    coupon_id="given.id",
    batch_id="given.batch_id",
    template_id="given.template_id",
    terms_version="given.terms_version",
    from_state="%(stocked)s",
    to_state="%(claimed)s",
    face_cents="given.face_cents",
    accrued_cents="given.face_cents",
    customer_number="given.customer_number",
    branch_path="coalesce(branch.path, '')",
)
_GIVE = f"""
WITH given AS (
    UPDATE {{coupons}}
       SET state = %(claimed)s, claimed_at = %(at)s, terms_version = %(version)s,
           valid_until = least(valid_until, %(until)s)
     WHERE batch_id = %(batch)s AND customer_number <> '' AND state = %(stocked)s
 RETURNING id, template_id, batch_id, face_cents, customer_number, terms_version
)
{_LEDGER}
"""  # noqa: S608


def give_to_customers(batch: Batch, terms: Terms, actor: Operator, at: datetime) -> int:
    """In the transaction of the approval; how many became somebody's."""
    values = {
        "claimed": CouponState.CLAIMED.value,
        "stocked": CouponState.STOCKED.value,
        "action": LedgerAction.GRANT.value,
        "at": at,
        "version": terms.version,
        "until": terms.until_after_claim(at, terms.latest_use()),
        "batch": batch.pk,
        **who(actor),
    }
    models = {
        "coupons": Coupon, "ledger": LedgerEntry, "customers": Customer, "branches": Branch,
    }  # fmt: skip
    with run(_GIVE, models, values) as cursor:
        return cursor.rowcount
