"""Whose school, whose rows: every page, search, export and job begins with ``visible_to``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, Q, QuerySet

from fuxiang_zone.campus.choices import ISSUED, STRAY, BillState, FeeState, NoticeKind, Outcome

if TYPE_CHECKING:
    from datetime import date

    from operators.models import Operator

SEE_EVERY_SCHOOL = "fuxiang_zone_campus.see_every_school"


class SchoolQuerySet(QuerySet):
    def visible_to(self, operator: Operator) -> SchoolQuerySet:
        """The schools that the operator was given; all for those who see every school."""
        if operator.has_perm(SEE_EVERY_SCHOOL):
            return self
        return self.filter(people__operator=operator)

    def open(self) -> SchoolQuerySet:
        return self.filter(is_open=True)


class OfSchoolQuerySet(QuerySet):
    """Rows that belong to one school."""

    def visible_to(self, operator: Operator) -> OfSchoolQuerySet:
        if operator.has_perm(SEE_EVERY_SCHOOL):
            return self
        return self.filter(school__people__operator=operator)


class StudentQuerySet(OfSchoolQuerySet):
    def meant_by(self, *, school_id: int, grade: str, class_name: str) -> StudentQuerySet:
        """Whom a fee concerns: a whole school, a grade, or a class of it."""
        found = self.filter(school_id=school_id, is_enrolled=True)
        if grade:
            found = found.filter(grade=grade)
        return found.filter(class_name=class_name) if class_name else found


class BillQuerySet(OfSchoolQuerySet):
    def issued(self) -> BillQuerySet:
        return self.filter(state__in=ISSUED)

    def unpaid(self) -> BillQuerySet:
        return self.filter(state=BillState.UNPAID)

    def overdue(self, today: date) -> BillQuerySet:
        return self.unpaid().filter(fee__due_on__lt=today)

    def of_customer(self, number: str) -> BillQuerySet:
        """Of the students that the customer is linked to, as the phone shows them."""
        return self.issued().filter(
            Q(student__guardians__customer_number=number, student__is_enrolled=True),
            fee__state__in=[FeeState.OPEN, FeeState.CLOSED],
        )


class PaymentQuerySet(OfSchoolQuerySet):
    def stray(self) -> PaymentQuerySet:
        """Money that no bill accounts for and nobody has given back."""
        return self.filter(is_stray())

    def waiting_for(self, school_id: int, payment_id: str) -> PaymentQuerySet:
        return self.filter(
            school_id=school_id,
            refund_of=payment_id,
            kind=NoticeKind.REFUND,
            outcome=Outcome.WAITING,
        ).order_by(F("received_at"), "pk")


def is_stray() -> Q:
    return Q(kind=NoticeKind.PAYMENT, outcome__in=STRAY, given_back_at=None)
