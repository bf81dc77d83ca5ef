"""What parents see on their phones, and how a customer comes to a student."""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Case, When
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from fuxiang_zone.campus import events
from fuxiang_zone.campus.choices import BillState, FeeState, LinkedBy
from fuxiang_zone.campus.errors import LinkRefused
from fuxiang_zone.campus.models import Bill, Guardian, Student
from fuxiang_zone.campus.students import PURPOSE, name_digest
from tenants.encryption import Digester
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from fuxiang_zone.campus.models import School

TRIES_PER_DAY = 5
MOST_STUDENTS = 10
MOST_BILLS = 60
# One statement claims a try: however many come at once, no more than the limit get through.
_CLAIM = """
    INSERT INTO {table} AS held (customer_number, day, tries) VALUES (%s, %s, 1)
    ON CONFLICT (customer_number, day)
    DO UPDATE SET tries = held.tries + 1 WHERE held.tries < %s
    RETURNING held.tries
"""


@dataclass(frozen=True, slots=True)
class BillLine:
    uid: str
    fee: str
    period: str
    amount_cents: int
    due_on: str
    note: str
    # BillState, and whether it can be paid now.
    state: str
    is_payable: bool
    is_overdue: bool
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Child:
    uid: str
    number: str
    masked_name: str
    grade: str
    class_name: str
    school: str
    school_code: str
    top_up_cents: Sequence[int]
    bills: Sequence[BillLine]

    @property
    def unpaid_cents(self) -> int:
        return sum(bill.amount_cents for bill in self.bills if bill.is_payable)


def children_of(
    customer_number: str, *, at: datetime, schools: QuerySet[School] | None = None
) -> list[Child]:
    """Two statements, however many children. ``schools``: of these alone; None = of all, as the
    customers themselves see them."""
    linked = Student.objects.filter(
        guardians__customer_number=customer_number, is_enrolled=True, school__is_open=True
    )
    if schools is not None:
        linked = linked.filter(school__in=schools)
    in_order = linked.select_related("school").order_by("guardians__linked_at", "pk")
    students = list(in_order[:MOST_STUDENTS])
    found: dict[int, list[BillLine]] = {student.pk: [] for student in students}
    today = timezone.localdate(at)
    bills = Bill.objects.of_customer(customer_number).filter(student__in=students)
    # What can be paid is never cut off by what is settled.
    in_order_of_state = Case(When(state=BillState.UNPAID, then=0), default=1)
    told = bills.select_related("fee").order_by(in_order_of_state, "-pk")
    for bill in told[: MOST_BILLS * max(1, len(students))]:
        found[bill.student_id].append(_line(bill, today))
    return [_child(student, found[student.pk]) for student in students]


def _child(student: Student, bills: list[BillLine]) -> Child:
    bills.sort(key=lambda bill: (not bill.is_payable, bill.due_on if bill.is_payable else ""))
    return Child(
        uid=str(student.uid), number=student.number, masked_name=student.masked_name,
        grade=student.grade, class_name=student.class_name, school=student.school.name,
        school_code=student.school.code, top_up_cents=tuple(student.school.top_up_cents),
        bills=bills[:MOST_BILLS],
    )  # fmt: skip


def _line(bill: Bill, today: date) -> BillLine:
    fee = bill.fee
    is_overdue = bill.state == BillState.UNPAID and fee.due_on < today
    return BillLine(
        uid=str(bill.uid), fee=fee.name, period=fee.period, amount_cents=bill.amount_cents,
        due_on=fee.due_on.isoformat(), note=fee.note, state=bill.state, is_overdue=is_overdue,
        is_payable=bill.state == BillState.UNPAID
        and fee.state == FeeState.OPEN
        and (fee.takes_late or not is_overdue),
        paid_at=bill.paid_at,
    )  # fmt: skip


# --- coming to a student --------------------------------------------------------------------------
def link_student(
    *, customer_number: str, school_code: str, number: str, name: str, at: datetime | None = None
) -> Student:
    """Number and name have to fit; a handful of tries a day. Linked before is linked."""
    at = at or timezone.now()
    with transaction.atomic():
        _claim_try(customer_number, at)
    typed = unicodedata.normalize("NFKC", number).strip()
    student = _student_called(school_code, typed, name)
    if student is None:
        raise LinkRefused(
            _("No student of this school has this number and name. Ask the school how both are "
              "written in its list.")
        )  # fmt: skip
    with transaction.atomic():
        take_for_transaction(f"{current_schema()}:campus links:{customer_number}")
        links = Guardian.objects.filter(customer_number=customer_number)
        if not links.filter(student=student).exists() and links.count() >= MOST_STUDENTS:
            raise LinkRefused(
                _("At most %(most)s students; unlink one first.") % {"most": MOST_STUDENTS},
                code="too_many_students",
            )
        made = Guardian.objects.bulk_create(
            [
                Guardian(
                    student=student, customer_number=customer_number, linked_by=LinkedBy.PHONE,
                    linked_at=at,
                )
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        record(
            events.STUDENT_LINKED, actor=None, target=student, at=at,
            after={"customer": customer_number, "links": len(made)},
        )  # fmt: skip
    return student


def _claim_try(customer_number: str, at: datetime) -> None:
    table = f"{connection.ops.quote_name(connection.schema_name)}.fuxiang_zone_campus_linktry"
    values: list[str | date | int] = [customer_number, timezone.localdate(at), TRIES_PER_DAY]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.replace("{table}", table), values)
        if cursor.fetchone() is None:
            raise LinkRefused(
                _("Too many tries today. Try again tomorrow, or ask the school to link you."),
                code="too_many_tries",
            )


def _student_called(school_code: str, number: str, name: str) -> Student | None:
    student = (
        Student.objects.filter(
            school__code=school_code, school__is_open=True, number=number, is_enrolled=True
        )
        .select_related("school")
        .first()
        if (school_code + number).isprintable()
        else None
    )
    if student is None:
        return None
    given = name_digest(Digester(PURPOSE), student.school_id, number, name)
    return student if hmac.compare_digest(given.bytes, student.name_digest.bytes) else None


def unlink_student(*, customer_number: str, student_uid: UUID, at: datetime | None = None) -> bool:
    """Whether there was a link."""
    student = Student.objects.filter(
        uid=student_uid, guardians__customer_number=customer_number
    ).first()
    if student is None:
        return False
    with transaction.atomic():
        Guardian.objects.filter(student=student, customer_number=customer_number).delete()
        record(
            events.STUDENT_UNLINKED, actor=None, target=student, at=at,
            before={"customer": customer_number},
        )  # fmt: skip
    return True
