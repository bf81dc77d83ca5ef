"""Bills of students on the parents' phone; nothing can be done here.

An operator sees what a parent would, of their own schools alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fuxiang_zone.campus.choices import BillState
from fuxiang_zone.campus.models import School
from fuxiang_zone.campus.services import children_of
from fuxiang_zone.campus.wording import yuan
from mobile.preview.screens import base_context

if TYPE_CHECKING:
    from fuxiang_zone.campus.services import BillLine, Child
    from mobile.preview.scenes import Scene

PERMISSION = "fuxiang_zone_campus.view_bill"
# Of one student, paid or refunded; the app pages on.
MOST_SETTLED = 6


def bills_context(scene: Scene) -> dict[str, Any]:
    children = _children(scene)
    return {
        **base_context(scene),
        "has_customer": scene.choices.customer is not None,
        "children": [_shown(scene, child) for child in children],
        "unpaid": yuan(sum(child.unpaid_cents for child in children)),
        "unpaid_count": sum(bill.is_payable for child in children for bill in child.bills),
    }


def bill_context(scene: Scene) -> dict[str, Any]:
    """One bill, or paying it: where the bank's own cashier would open."""
    wanted = str(scene.choices.item or "")
    found = next(
        ((child, bill) for child in _children(scene) for bill in child.bills if bill.uid == wanted),
        None,
    )
    context = {
        **base_context(scene),
        "back_link": scene.choices.to("campus"),
        "is_paying": scene.choices.page == "bill_pay",
    }
    if found is None:
        return context
    child, bill = found
    return {
        **context,
        "child": child,
        "bill": _line(scene, bill),
        "pay_link": scene.choices.to("bill_pay", bill.uid),
        "bill_link": scene.choices.to("bill", bill.uid),
    }


def _children(scene: Scene) -> list[Child]:
    customer, viewer = scene.choices.customer, scene.viewer
    if customer is None or viewer is None:
        return []
    schools = School.objects.visible_to(viewer)
    return children_of(customer.number, at=scene.at, schools=schools)


def _shown(scene: Scene, child: Child) -> dict[str, Any]:
    payable = [bill for bill in child.bills if bill.is_payable]
    others = [bill for bill in child.bills if not bill.is_payable]
    # Fewer things on the page of those who read slowly.
    settled = [] if scene.mode == "senior" else others[:MOST_SETTLED]
    return {
        "name": child.masked_name,
        "number": child.number,
        "place": " ".join(part for part in (child.school, child.grade, child.class_name) if part),
        "unpaid": yuan(child.unpaid_cents),
        "payable": [_line(scene, bill) for bill in payable],
        "settled": [_line(scene, bill) for bill in settled],
        "top_ups": [] if scene.mode == "senior" else [cents // 100 for cents in child.top_up_cents],
    }


def _line(scene: Scene, bill: BillLine) -> dict[str, Any]:
    return {
        "uid": bill.uid,
        "fee": bill.fee,
        "period": bill.period,
        "amount": yuan(bill.amount_cents),
        "due_on": bill.due_on,
        "note": bill.note,
        "is_payable": bill.is_payable,
        "is_overdue": bill.is_overdue,
        "state": bill.state,
        "word": _word(bill),
        "paid_at": timezone.localtime(bill.paid_at).strftime("%Y-%m-%d %H:%M")
        if bill.paid_at
        else "",
        "link": scene.choices.to("bill", bill.uid),
    }


def _word(bill: BillLine) -> str:
    if bill.is_overdue and bill.is_payable:
        return _("past the due date")
    if bill.state == BillState.UNPAID and not bill.is_payable:
        return pgettext("bill", "can no longer be paid")
    return str(BillState(bill.state).label)
