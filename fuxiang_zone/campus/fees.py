"""The verbs of fees: drafted, prepared as bills, checked by a second person, collected, closed.

Locks: the fee, then its bills.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.services import submit_request
from audit.context import current_schema
from audit.services import record
from fuxiang_zone.campus import events, sight
from fuxiang_zone.campus.choices import BillState, FeeState
from fuxiang_zone.campus.errors import BadFee, BillRefused, FeeRefused
from fuxiang_zone.campus.models import Bill, FeeItem, Student
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from approvals.models import Request
    from fuxiang_zone.campus.querysets import StudentQuerySet
    from operators.models import Operator

FIELDS = (
    "name", "period", "grade", "class_name", "amount_cents", "due_on", "takes_late", "note",
)  # fmt: skip
REVIEW, TARGET = "campus_bills", "fuxiang_zone_campus.feeitem"
# Not for anybody to fill in.
OWN = ("state", "contributors", "created_at", "opened_at", "closed_at")
MOST_CENTS = 10_000_000
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Totals:
    count: int
    cents: int


def create_fee(
    *, actor: Operator, school_id: int, at: datetime | None = None, **content: Any
) -> FeeItem:
    school = sight.require_school(actor, sight.ADD_FEE, school_id)
    at = at or timezone.now()
    fee = FeeItem(school=school, created_at=at, contributors=[actor.pk])
    _fill(fee, content)
    with transaction.atomic():
        take_for_transaction(f"{current_schema()}:campus fees:{school.pk}")
        _refuse_bad(fee, timezone.localdate(at))
        fee.save(force_insert=True)
        record(events.FEE_CREATED, actor=actor, target=fee, after=_told(fee), at=at)
    return fee


def edit_fee(
    *, actor: Operator, fee_id: int, at: datetime | None = None, **content: Any
) -> FeeItem:
    """A draft's. Bills that were prepared for other students or another amount are taken back."""
    at = at or timezone.now()
    with transaction.atomic():
        fee = locked_fee(actor, sight.CHANGE_FEE, fee_id)
        require_draft(fee)
        take_for_transaction(f"{current_schema()}:campus fees:{fee.school_id}")
        before = _told(fee)
        _fill(fee, content)
        _refuse_bad(fee, timezone.localdate(at))
        if _told(fee) != before:
            add_contributor(fee, actor)
            fee.save()
            if fee.amount_cents is not None or _scope(before) != _scope(_told(fee)):
                Bill.objects.filter(fee=fee, state=BillState.DRAFT).delete()
            record(events.FEE_CHANGED, actor=actor, target=fee, before=before, after=_told(fee))
    return fee


def delete_fee(*, actor: Operator, fee_id: int) -> None:
    with transaction.atomic():
        fee = locked_fee(actor, sight.CHANGE_FEE, fee_id)
        require_draft(fee)
        record(events.FEE_DELETED, actor=actor, target=fee, before=_told(fee))
        Bill.objects.filter(fee=fee, state=BillState.DRAFT).delete()
        fee.delete()


def submit_fee(
    *, actor: Operator, fee_id: int, note: str = "", at: datetime | None = None
) -> Request:
    """Prepares the bills of all whom it concerns; a second person approves exactly these."""
    at = at or timezone.now()
    with transaction.atomic():
        fee = locked_fee(actor, sight.CHANGE_FEE, fee_id)
        require_draft(fee)
        if fee.due_on < timezone.localdate(at):
            raise BadFee(_("The due date has passed; choose a later one."), field="due_on")
        drop_bills_of_others(fee)
        if fee.amount_cents is not None:
            prepare_bills(fee, at)
        totals = totals_of(fee, BillState.DRAFT)
        if not totals.count:
            raise FeeRefused(_no_bills(fee))
        add_contributor(fee, actor)
        fee.state = FeeState.IN_REVIEW
        fee.save(update_fields=["state", "contributors"])
        return submit_request(
            actor=actor, kind=REVIEW, target_kind=TARGET, target_id=fee.pk,
            title=_("%(fee)s of %(school)s") % {"fee": fee, "school": fee.school},
            payload={**_told(fee), "bills": totals.count, "total_cents": totals.cents},
            before=None, base_digest="", note=note, contributors=fee.contributors, at=at,
        )  # fmt: skip


def _no_bills(fee: FeeItem) -> str:
    if fee.amount_cents is None:
        return _("Import the amounts of the students first: this fee has none of its own.")
    return _("No student is meant by this fee; check grade and class, or import the students.")


def open_fee(request: Request, *, actor: Operator, at: datetime) -> None:
    """Inside the approval: what was prepared is what customers see from now on."""
    fee = FeeItem.objects.select_for_update().get(pk=request.target_id)
    if fee.due_on < timezone.localdate(at):
        raise FeeRefused(_("The due date has passed; choose a later one."))
    totals = totals_of(fee, BillState.DRAFT)
    if (totals.count, totals.cents) != (request.payload["bills"], request.payload["total_cents"]):
        raise FeeRefused(_("The bills have changed since they were submitted; send it back."))
    fee.state, fee.opened_at = FeeState.OPEN, at
    fee.save(update_fields=["state", "opened_at"])
    Bill.objects.filter(fee=fee, state=BillState.DRAFT).update(
        state=BillState.UNPAID, changed_at=at
    )
    record(
        events.FEE_OPENED, actor=actor, target=fee, at=at,
        after={"bills": totals.count, "total_cents": totals.cents},
    )  # fmt: skip


def back_to_draft(fee_id: int) -> None:
    """A review that ended otherwise. No matter after an approval."""
    FeeItem.objects.filter(pk=fee_id, state=FeeState.IN_REVIEW).update(state=FeeState.DRAFT)


def add_missing_bills(*, actor: Operator, fee_id: int, at: datetime | None = None) -> int:
    """Of students who came after the bills were issued, at the amount that was approved."""
    at = at or timezone.now()
    with transaction.atomic():
        fee = locked_fee(actor, sight.CHANGE_FEE, fee_id)
        if fee.state != FeeState.OPEN or fee.amount_cents is None:
            raise FeeRefused(_("Only a fee that is collected, with one amount for all, does this."))
        count = prepare_bills(fee, at, BillState.UNPAID)
        if not count:
            raise FeeRefused(_("Every student whom the fee concerns has a bill."))
        record(events.BILLS_ADDED, actor=actor, target=fee, after={"bills": count}, at=at)
    return count


def close_fee(*, actor: Operator, fee_id: int, reason: str, at: datetime | None = None) -> None:
    """What is paid from now on is refused; what was paid before and is told later still counts."""
    at = at or timezone.now()
    with transaction.atomic():
        fee = locked_fee(actor, sight.CHANGE_FEE, fee_id)
        if fee.state != FeeState.OPEN:
            raise FeeRefused(_("Only a fee that is collected can be closed."))
        fee.state, fee.closed_at = FeeState.CLOSED, at
        fee.save(update_fields=["state", "closed_at"])
        record(events.FEE_CLOSED, actor=actor, target=fee, reason=reason, at=at)


def cancel_bill(*, actor: Operator, bill_id: int, reason: str, at: datetime | None = None) -> Bill:
    """One that nobody has paid."""
    at = at or timezone.now()
    bill = Bill.objects.visible_to(actor).filter(pk=bill_id).first()
    sight.require_school(actor, sight.CHANGE_BILL, bill.school_id if bill else 0)
    assert bill is not None
    with transaction.atomic():
        taken = Bill.objects.filter(pk=bill.pk, state=BillState.UNPAID).update(
            state=BillState.CANCELLED, changed_at=at
        )
        if not taken:
            raise BillRefused(_("Only a bill that is unpaid can be cancelled."))
        record(
            events.BILL_CANCELLED, actor=actor, target=bill, reason=reason, at=at,
            after={"amount_cents": bill.amount_cents},
        )  # fmt: skip
    bill.refresh_from_db()
    return bill


# --- parts ----------------------------------------------------------------------------------------
def locked_fee(actor: Operator, permission: str, fee_id: int) -> FeeItem:
    fee = FeeItem.objects.select_related("school").filter(pk=fee_id).first()
    sight.require_school(actor, permission, fee.school_id if fee else 0)
    return FeeItem.objects.select_for_update(of=("self",)).select_related("school").get(pk=fee_id)


def require_draft(fee: FeeItem) -> None:
    if fee.state == FeeState.IN_REVIEW:
        raise FeeRefused(_("The fee is in review; withdraw it first."))
    if fee.state != FeeState.DRAFT:
        raise FeeRefused(_("The bills of this fee are issued; make another fee."))


def add_contributor(fee: FeeItem, actor: Operator) -> None:
    fee.contributors = sorted({*fee.contributors, actor.pk})


def prepare_bills(fee: FeeItem, at: datetime, state: BillState = BillState.DRAFT) -> int:
    """For everybody meant who has none."""
    missing = _meant_by(fee).exclude(bills__fee=fee).order_by("pk").values_list("pk", flat=True)
    rows = [
        Bill(
            fee=fee, school_id=fee.school_id, student_id=pk, amount_cents=fee.amount_cents or 0,
            state=state, changed_at=at,
        )
        for pk in missing
    ]  # fmt: skip
    Bill.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def drop_bills_of_others(fee: FeeItem) -> None:
    """Who is meant no longer, or has left, loses a bill that is not issued."""
    prepared = Bill.objects.filter(fee=fee, state=BillState.DRAFT)
    prepared.exclude(student__in=_meant_by(fee)).delete()


def _meant_by(fee: FeeItem) -> StudentQuerySet:
    return Student.objects.meant_by(
        school_id=fee.school_id, grade=fee.grade, class_name=fee.class_name
    )


def totals_of(fee: FeeItem, *states: str) -> Totals:
    found = Bill.objects.filter(fee=fee, state__in=states).aggregate(
        count=Count("pk"), cents=Sum("amount_cents")
    )
    return Totals(found["count"], int(found["cents"] or 0))


def _fill(fee: FeeItem, content: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in content:
            value = content[name]
            setattr(fee, name, value.strip() if isinstance(value, str) else value)


def _refuse_bad(fee: FeeItem, today: date) -> None:
    try:
        fee.full_clean(exclude=OWN)
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise BadFee(" ".join(sentences), field=name if name in FIELDS else "") from error
    if fee.class_name and not fee.grade:
        raise BadFee(_("Name the grade of the class, too."), field="grade")
    if fee.amount_cents is not None and fee.amount_cents > MOST_CENTS:
        raise BadFee(_("A fee is at most 100,000 yuan."), field="amount_cents")
    if fee.due_on < today:
        raise BadFee(_("The due date has passed; choose a later one."), field="due_on")


def _told(fee: FeeItem) -> dict[str, Any]:
    told = {name: getattr(fee, name) for name in FIELDS}
    return {**told, "due_on": fee.due_on.isoformat(), "school": fee.school.name}


def _scope(told: Mapping[str, Any]) -> tuple[str, str]:
    return told["grade"], told["class_name"]
