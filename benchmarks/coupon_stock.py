"""Coupon templates and pools for benchmarks, made in the database."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from coupons.choices import BatchOrigin, BatchState
from coupons.models import Batch, Coupon, CouponTemplate, TemplateAccount, TemplateTerms
from operators.models import Operator

ONCE = {
    "action": "claim", "measure": "count", "period": "lifetime", "per": "customer", "limit": 1
}  # fmt: skip
# A code of twenty characters, encrypted.
SECRET_BYTES = 52
_FILL = """
    INSERT INTO coupons_coupon
        (batch_id, template_id, row, code_key, secret, face_cents, state, customer_number,
         valid_until, terms_version, reference, redeemed_cents, remark)
    SELECT %(batch)s, %(template)s, number, gen_random_uuid(), %(secret)s, 500, 'stocked', '',
        %(until)s, 0, '', 0, ''
    FROM generate_series(1, %(count)s) AS number
"""


def live_template(code: str, **fields: object) -> CouponTemplate:
    """As if published: one limit, no audience."""
    now = timezone.now()
    maker = Operator.objects.filter(username="maker").first()
    maker = maker or Operator.objects.create_user("maker", None, name="maker")
    values = {
        "title": code, "code": code, "kind": "spend_and_save", "face_min_cents": 500,
        "face_max_cents": 500, "threshold_cents": 5000, "starts_at": now,
        "valid_until": now + timedelta(days=90), "stock_limit": 10**8, "budget_cents": 10**12,
        "limits": [ONCE], "bearers": {"province": 5000, "bank": 5000, "merchant": 0},
        "owner": maker, "edited_by": maker,
    } | fields  # fmt: skip
    template = CouponTemplate.objects.create(**values)
    terms = {**template.render_payload(), "title": template.title}
    TemplateTerms.objects.create(template=template, version=1, terms=terms, published_at=now)
    TemplateAccount.objects.create(
        template=template, code=code, live_version=1, starts_at=now, changed_at=now,
        stock_limit=template.stock_limit, budget_cents=template.budget_cents,
    )  # fmt: skip
    return template


def batch_of(template: CouponTemplate, count: int) -> Batch:
    now = timezone.now()
    return Batch.objects.create(
        template=template, name=f"{count:,}", origin=BatchOrigin.GENERATE, state=BatchState.LIVE,
        count=count, total_cents=500 * count, created_at=now, loaded_at=now, approved_at=now,
        state_at=now,
    )  # fmt: skip


def fill(template: CouponTemplate, count: int) -> Batch:
    """A live batch of ``count`` coupons. The indexes are made afterwards, as a restore does it:
    the same indexes in a fraction of the time."""
    batch = batch_of(template, count)
    values = {
        "batch": batch.pk, "template": template.pk, "secret": b"\1" * SECRET_BYTES,
        "until": template.valid_until, "count": count,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        indexes = _dropped_indexes(cursor)
        cursor.execute(_FILL, values)
        for statement in indexes:
            cursor.execute(statement)
    with connection.cursor() as cursor:
        # What autovacuum would do otherwise, in the middle of a measurement.
        cursor.execute("VACUUM (ANALYZE) coupons_coupon")
    return batch


def _dropped_indexes(cursor: object) -> list[str]:
    """Statements that make the plain indexes again; those of constraints stay."""
    cursor.execute(
        "SELECT quote_ident(indexname), indexdef FROM pg_indexes"
        " WHERE schemaname = current_schema() AND tablename = %s AND indexname NOT IN"
        " (SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)",
        [Coupon._meta.db_table, Coupon._meta.db_table],
    )
    found = cursor.fetchall()
    for name, _statement in found:
        cursor.execute(f"DROP INDEX {name}")
    return [statement for _name, statement in found]
