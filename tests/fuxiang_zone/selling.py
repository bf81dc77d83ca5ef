"""Zone products that are on sale, made by the shortest way, and what is sold of them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from customers.models import Customer
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.models import (
    CustomerShare,
    ProductAccount,
    ProductTerms,
    Reservation,
    ZoneProduct,
)
from fuxiang_zone.products.rendering import render_payload
from operators.models import Operator
from tests.approvals.people import make_operator

PRICE = 20_000_000


def seller() -> Operator:
    found = Operator.objects.filter(username="zone-maker").first()
    return found or make_operator("zone-maker", "maker")


def product_on_sale(quota: int | None = 300, **fields: Any) -> ProductAccount:
    """A large certificate of deposit as its publication leaves it: 200,000.00 a unit."""
    now = timezone.now()
    account = {name: fields.pop(name) for name in ("audience", "branch_path") if name in fields}
    values = {
        "title": "Large CD", "type_code": "large_cd", "quota": quota, "unit_cents": PRICE,
        "starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=30),
        "owner": seller(), "edited_by": seller(), **fields,
    }  # fmt: skip
    draft = ZoneProduct.objects.create(**values)
    ProductTerms.objects.create(
        product=draft, version=1, terms={**render_payload(draft), "title": draft.title},
        published_at=now,
    )  # fmt: skip
    kept = (
        "uid", "type_code", "starts_at", "ends_at", "sale_starts_at", "sale_ends_at", "risk_level",
        "quota", "unit_cents", "most_per_customer", "hold_minutes",
    )  # fmt: skip
    return ProductAccount.objects.create(
        product=draft, live_version=1, changed_at=now,
        **{name: getattr(draft, name) for name in kept}, **account,
    )  # fmt: skip


def make_customer(number: str = "C0001", **fields: Any) -> Customer:
    return Customer.objects.create(number=number, **fields)


def a_key() -> str:
    return uuid.uuid4().hex


def books(account: ProductAccount, at: datetime | None = None) -> dict[str, int]:
    """What the account says, after a check that reservations and shares say the same."""
    account.refresh_from_db()
    rows = Reservation.objects.filter(product=account.product_id)
    held = _units(rows.filter(state=ReservationState.HELD))
    confirmed = _units(rows.filter(state=ReservationState.CONFIRMED))
    assert (account.held, account.confirmed) == (held, confirmed)
    assert account.quota is None or held + confirmed <= account.quota
    taken = rows.filter(state__in=[ReservationState.HELD, ReservationState.CONFIRMED])
    per_customer = dict(
        taken.order_by().values_list("customer_number").annotate(units=Sum("units"))
    )
    shares = CustomerShare.objects.filter(product=account.product_id)
    assert {
        number: units for number, units in shares.values_list("customer_number", "units") if units
    } == per_customer
    return {"held": held, "confirmed": confirmed, "rows": rows.count()}


def _units(rows: Any) -> int:
    return int(rows.aggregate(units=Sum("units"))["units"] or 0)
