"""Coupon templates and stock for tests, made by the shortest way that keeps the books."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from coupons.choices import BatchOrigin, BatchState, CouponKind, LedgerAction, Validity
from coupons.models import Batch, Coupon, CouponTemplate, LedgerEntry, TemplateAccount
from coupons.stock.codes import Vault
from operators.models import Operator
from publishing import services as publishing
from tests.approvals.people import make_operator, publish

_numbers = itertools.count(1)


def people() -> tuple[Operator, Operator]:
    """A maker and a checker of the current bank."""
    found = Operator.objects.filter(username__in=["coupon-maker", "coupon-checker"])
    known = {person.username: person for person in found}
    if len(known) == 2:
        return known["coupon-maker"], known["coupon-checker"]
    return make_operator("coupon-maker", "maker"), make_operator("coupon-checker", "checker")


def make_template(code: str = "", **fields: Any) -> CouponTemplate:
    """A draft that can be published: 5.00 off from 50.00, a month long, up to 1,000,000 coupons."""
    maker, _checker = people()
    now = timezone.now()
    values: dict[str, Any] = {
        "title": "Five off fifty",
        "code": code or f"T{next(_numbers)}",
        "kind": CouponKind.SPEND_AND_SAVE,
        "face_min_cents": 500,
        "face_max_cents": 500,
        "threshold_cents": 5000,
        "starts_at": now - timedelta(minutes=1),
        "ends_at": now + timedelta(days=30),
        "validity": Validity.FIXED,
        "valid_until": now + timedelta(days=60),
        "stock_limit": 1_000_000,
        "budget_cents": 500_000_000,
        "bearers": {"province": 3000, "bank": 7000, "merchant": 0, "merchant_name": ""},
        "rules": "One coupon for each payment.",
    } | fields
    template = CouponTemplate(**values)
    publishing.draft_begun(actor=maker, draft=template)
    template.save(force_insert=True)
    return template


def live_template(code: str = "", **fields: Any) -> CouponTemplate:
    """Published, by a maker and a checker."""
    template = make_template(code, **fields)
    publish(*people(), template)
    return template


def stock(
    template: CouponTemplate,
    codes: int | Sequence[str],
    *,
    state: str = BatchState.LIVE,
    at: datetime | None = None,
    **columns: Any,
) -> Batch:
    """An approved batch; ``columns`` are set on every coupon."""
    at = at or timezone.now()
    names = (
        [f"C{next(_numbers):08d}" for _each in range(codes)] if isinstance(codes, int) else codes
    )
    face = columns.pop("face_cents", template.face_min_cents)
    batch = Batch.objects.create(
        template=template, name="test batch", origin=BatchOrigin.GENERATE, state=state,
        count=len(names), total_cents=face * len(names), created_by=people()[0],
        created_at=at, loaded_at=at, approved_at=at, state_at=at,
    )  # fmt: skip
    vault = Vault()
    until = columns.pop("valid_until", template.valid_until or at + timedelta(days=60))
    Coupon.objects.bulk_create(
        _coupon(batch, vault, name, row, face_cents=face, valid_until=until, **columns)
        for row, name in enumerate(names, 2)
    )
    if state in (BatchState.LOADING, BatchState.LOADED, BatchState.IN_REVIEW):
        Batch.objects.filter(pk=batch.pk).update(approved_at=None)
        return batch
    LedgerEntry.objects.create(
        at=at, action=LedgerAction.STOCK, batch=batch, template=template, count=len(names),
        to_state="stocked", face_cents=face * len(names), actor_kind="operator",
        actor_name="coupon-checker", channel="console",
    )  # fmt: skip
    account = TemplateAccount.objects.get(template=template)
    account.held_count += len(names)
    account.held_cents += face * len(names)
    account.save()
    return batch


def _coupon(batch: Batch, vault: Vault, code: str, row: int, **columns: Any) -> Coupon:
    _key, secret = vault.seal(code)
    return Coupon(
        batch=batch, template_id=batch.template_id, row=row, code_key=vault.key_of(code),
        secret=secret, **columns,
    )  # fmt: skip
