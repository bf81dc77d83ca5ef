"""How many coupons a grant takes, what they cost, and whether they are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit.context import current_schema
from coupons.choices import BatchState, CouponState, GrantState, RecipientState
from coupons.models import (
    Batch,
    Coupon,
    CouponTemplate,
    Grant,
    GrantRecipient,
    TemplateAccount,
)
from coupons.terms.reading import terms_of
from coupons.wording import yuan
from customers.audiences import condition_of, year_of
from customers.models import Customer
from customers.querysets import CustomerQuerySet


@dataclass(frozen=True, slots=True)
class Estimate:
    customers: int
    per_customer: int
    # Of them, whom the template's own audience or branch leaves out: they get nothing.
    outside: int
    # In stock for anybody, without what grants that are running still take.
    available: int
    face_min_cents: int
    face_max_cents: int
    # Why nothing can be given now; empty = nothing stands in the way.
    obstacle: str = ""

    @property
    def count(self) -> int:
        return self.customers * self.per_customer

    @property
    def least_cents(self) -> int:
        return self.count * self.face_min_cents

    @property
    def most_cents(self) -> int:
        return self.count * self.face_max_cents

    @property
    def missing(self) -> int:
        return max(self.count - self.available, 0)

    @property
    def cost(self) -> str:
        if self.least_cents == self.most_cents:
            return yuan(self.most_cents)
        return f"{yuan(self.least_cents)} – {yuan(self.most_cents)}"

    def as_json(self) -> dict[str, Any]:
        return {
            "customers": self.customers,
            "per_customer": self.per_customer,
            "count": self.count,
            "outside": self.outside,
            "available": self.available,
            "least_cents": self.least_cents,
            "most_cents": self.most_cents,
        }


def estimate(
    template: CouponTemplate, customers: CustomerQuerySet, per_customer: int, at: datetime
) -> Estimate:
    account = TemplateAccount.objects.filter(template=template).first()
    size = customers.count()
    if account is None or account.live_version is None:
        return Estimate(
            size, per_customer, 0, 0, template.face_min_cents, template.face_max_cents,
            obstacle_of(account, at),
        )  # fmt: skip
    terms = terms_of(current_schema(), template.pk, account.live_version)
    return Estimate(
        customers=size,
        per_customer=per_customer,
        outside=size - inside(customers, account, at).count(),
        available=free_stock(template.pk, at),
        face_min_cents=terms.face_min_cents,
        face_max_cents=terms.face_max_cents,
        obstacle=obstacle_of(account, at),
    )


def inside(customers: CustomerQuerySet, account: TemplateAccount, at: datetime) -> CustomerQuerySet:
    """Those to whom the published template may be given at all."""
    meant = customers.under(account.branch_path)
    return meant.filter(condition_of(account.audience, year_of(at)))


def obstacle_of(account: TemplateAccount | None, at: datetime) -> str:
    if account is None or account.live_version is None:
        return _("The template is not published now. Publish it first.")
    if account.starts_at is not None and at < account.starts_at:
        return _("The period of the template has not begun.")
    if account.ends_at is not None and at >= account.ends_at:
        return _("The period of the template is over. Publish it with a later end first.")
    return ""


def listed(grant_id: int | None) -> CustomerQuerySet:
    """The customers who stand on a grant's list."""
    numbers = GrantRecipient.objects.filter(grant_id=grant_id or 0, place=1)
    return Customer.objects.filter(number__in=numbers.values("customer_number"))


def meant(rule: dict[str, Any], at: datetime) -> CustomerQuerySet:
    return Customer.objects.filter(condition_of(rule, year_of(at)))


def customers_of(grant: Grant, at: datetime) -> CustomerQuerySet:
    return meant(grant.audience, at) if grant.audience else listed(grant.pk)


def free_stock(template_id: int, at: datetime) -> int:
    return max(in_stock(template_id, at) - promised(template_id), 0)


def in_stock(template_id: int, at: datetime) -> int:
    """Of live batches, and nobody's yet; some may be for one branch only."""
    batches = Batch.objects.filter(template_id=template_id, state=BatchState.LIVE)
    return Coupon.objects.filter(
        batch_id__in=list(batches.filter(is_exhausted=False).values_list("pk", flat=True)),
        state=CouponState.STOCKED, customer_number="", valid_until__gt=at,
    ).count()  # fmt: skip


def promised(template_id: int) -> int:
    """What grants that are being carried out have still to give."""
    running = Grant.objects.filter(template_id=template_id, state=GrantState.RUNNING)
    return GrantRecipient.objects.filter(
        grant_id__in=list(running.values_list("pk", flat=True)), state=RecipientState.WAITING
    ).count()
