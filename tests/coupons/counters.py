"""A branch with its people, and coupons that customers bring there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from coupons.life import actors
from coupons.models import Coupon, CouponTemplate
from coupons.services import grant_coupon
from customers.models import Customer
from operators.models import Branch, Operator
from tests.approvals.people import make_operator
from tests.coupons.making import live_template, stock
from tests.operators.people import make_branch


@dataclass(frozen=True)
class Counter:
    root: Branch
    branch: Branch
    outlet: Branch
    other: Branch
    # Works at ``branch``; the others at ``outlet`` and ``other``.
    teller: Operator
    below: Operator
    elsewhere: Operator


def make_counter() -> Counter:
    root = make_branch("R0")
    branch, other = make_branch("B1", root), make_branch("B2", root)
    outlet = make_branch("B11", Branch.objects.get(pk=branch.pk))
    people = {
        name: make_operator(name, "branch", branch=Branch.objects.get(pk=place.pk))
        for name, place in (("teller", branch), ("below", outlet), ("elsewhere", other))
    }
    return Counter(
        *(Branch.objects.get(pk=each.pk) for each in (root, branch, outlet, other)), **people
    )


def gift_template(**fields: Any) -> CouponTemplate:
    return live_template(
        **{
            "title": "A bag of rice", "kind": "gift", "face_min_cents": 3000,
            "face_max_cents": 3000, "threshold_cents": 0, "redeemed_at": "counter",
            "is_claimable": False, "stacking_group": "", "rules": "Bring your card.",
        }
        | fields
    )  # fmt: skip


def held_coupon(
    template: CouponTemplate | None = None,
    code: str = "RICE-0001",
    number: str = "C1",
    **columns: Any,
) -> Coupon:
    """One that the customer holds."""
    template = template or gift_template()
    Customer.objects.get_or_create(number=number, defaults={"masked_name": "张*三"})
    stock(template, [code], **columns)
    answer = grant_coupon(
        actor=actors.job("test"), template_id=template.pk, customer_number=number,
        key=f"grant-{code}", at=timezone.now(),
    )  # fmt: skip
    return Coupon.objects.get(pk=answer.body["id"])
