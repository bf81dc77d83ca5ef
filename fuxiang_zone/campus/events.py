from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

SCHOOL_ADDED = "campus.school_added"
SCHOOL_CHANGED = "campus.school_changed"
SCHOOL_CLOSED = "campus.school_closed"
SCHOOL_REOPENED = "campus.school_reopened"
PEOPLE_CHANGED = "campus.school_operators_changed"
KEY_ISSUED = "campus.key_issued"
KEY_ENDED = "campus.key_ended"
STUDENTS_IMPORTED = "campus.students_imported"
STUDENT_LEFT = "campus.student_left"
STUDENT_LINKED = "campus.student_linked"
STUDENT_UNLINKED = "campus.student_unlinked"
FEE_CREATED = "campus.fee_created"
FEE_CHANGED = "campus.fee_changed"
FEE_DELETED = "campus.fee_deleted"
AMOUNTS_IMPORTED = "campus.amounts_imported"
FEE_OPENED = "campus.fee_opened"
FEE_CLOSED = "campus.fee_closed"
BILLS_ADDED = "campus.bills_added"
BILL_CANCELLED = "campus.bill_cancelled"
NOTICE_TAKEN = "campus.notice_taken"
BILLS_EXPORTED = "campus.bills_exported"


def register() -> None:
    for name, label in (
        (SCHOOL_ADDED, _("school added")),
        (SCHOOL_CHANGED, _("school changed")),
        (SCHOOL_CLOSED, _("school closed")),
        (SCHOOL_REOPENED, _("school reopened")),
        (PEOPLE_CHANGED, _("operators of a school changed")),
        (KEY_ISSUED, _("secret of a school issued")),
        (KEY_ENDED, _("secret of a school ended")),
        (STUDENTS_IMPORTED, _("student file imported")),
        (STUDENT_LEFT, _("student left the school")),
        (STUDENT_LINKED, _("student linked to a customer")),
        (STUDENT_UNLINKED, _("student unlinked from a customer")),
        (FEE_CREATED, _("fee created")),
        (FEE_CHANGED, _("fee changed")),
        (FEE_DELETED, _("draft of a fee deleted")),
        (AMOUNTS_IMPORTED, _("amounts of a fee imported")),
        (FEE_OPENED, _("bills of a fee issued")),
        (FEE_CLOSED, _("collection of a fee closed")),
        (BILLS_ADDED, _("bills of new students issued")),
        (BILL_CANCELLED, _("bill cancelled")),
        (NOTICE_TAKEN, _("school's payment notice taken")),
        (BILLS_EXPORTED, _("bills exported")),
    ):
        events.register(name, label)
