"""A parent's part of the campus: the schools, the bills of their children, coming to a student."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from customers.errors import CustomersOnly
from fuxiang_zone.campus.errors import LinkRefused
from fuxiang_zone.campus.services import (
    children_of,
    link_student,
    open_schools,
    unlink_student,
)
from mobile.api import campus_serializers as forms
from mobile.api.home import ENCODER
from mobile.api.schema import answers
from mobile.api.views import ChannelView
from mobile.errors import BadBody

if TYPE_CHECKING:
    from fuxiang_zone.campus.services import BillLine, Child


class SchoolsView(ChannelView):
    @extend_schema(operation_id="listCampusSchools", responses=answers(forms.CampusSchools))
    def get(self, request: Request) -> HttpResponse:
        """The schools whose bills are paid with this bank."""
        schools = [
            {
                "code": each.code,
                "name": each.name,
                "kind": each.kind,
                "top_up_cents": list(each.top_up_cents),
            }
            for each in open_schools()
        ]
        return _respond({"schools": schools})


class _ParentsView(ChannelView):
    def customer(self) -> str:
        if not self.caller.is_customer:
            raise CustomersOnly(_("Only a signed-in customer sees bills of students."))
        return self.caller.customer_number


class BillsView(_ParentsView):
    @extend_schema(operation_id="listCampusBills", responses=answers(forms.CampusStudents))
    def get(self, request: Request) -> HttpResponse:
        """The customer's students with their bills, what can be paid first."""
        children = children_of(self.customer(), at=self.at)
        return _respond({"students": [_student(child) for child in children]})


class StudentsView(_ParentsView):
    @extend_schema(
        operation_id="linkCampusStudent",
        request=forms.CampusLinkBody,
        responses=answers(forms.CampusLinked, 400, 404),
    )
    def post(self, request: Request) -> HttpResponse:
        """Links the customer to a student: number and name must fit the school's list. Five tries
        a day; a link that there is already is given again."""
        number, given = self.customer(), _link_body(request.data)
        student = link_student(
            customer_number=number,
            school_code=given["school"],
            number=given["number"],
            name=given["name"],
            at=self.at,
        )
        linked = {
            "id": str(student.uid),
            "name": student.masked_name,
            "school": student.school.name,
        }
        return _respond(linked)


class UnlinkView(_ParentsView):
    @extend_schema(
        operation_id="unlinkCampusStudent", request=None, responses=answers(forms.CampusLinked, 404)
    )
    def post(self, request: Request, uid: UUID) -> HttpResponse:
        """The student's bills leave this customer's phone."""
        number = self.customer()
        child = next(
            (each for each in children_of(number, at=self.at) if each.uid == str(uid)), None
        )
        if child is None or not unlink_student(customer_number=number, student_uid=uid, at=self.at):
            raise LinkRefused(_("You are not linked to such a student."))
        return _respond({"id": child.uid, "name": child.masked_name, "school": child.school})


def _link_body(data: Any) -> dict[str, str]:
    form = forms.CampusLinkBody(data=data)
    if not isinstance(data, dict) or set(data) - set(form.fields) or not form.is_valid():
        raise BadBody(_("The body must be a JSON object with school (its code), number and name."))
    return dict(form.validated_data)


def _student(child: Child) -> dict[str, Any]:
    return {
        "id": child.uid,
        "number": child.number,
        "name": child.masked_name,
        "grade": child.grade,
        "class_name": child.class_name,
        "school": child.school,
        "school_code": child.school_code,
        "top_up_cents": list(child.top_up_cents),
        "unpaid_cents": child.unpaid_cents,
        "bills": [_bill(bill) for bill in child.bills],
    }


def _bill(bill: BillLine) -> dict[str, Any]:
    return {
        "id": bill.uid,
        "fee": bill.fee,
        "period": bill.period,
        "amount_cents": bill.amount_cents,
        "due_on": bill.due_on,
        "note": bill.note,
        "state": bill.state,
        "payable": bill.is_payable,
        "overdue": bill.is_overdue,
        "paid_at": bill.paid_at,
    }


def _respond(document: Any) -> HttpResponse:
    return HttpResponse(
        ENCODER.encode(document),
        content_type="application/json",
        headers={"Cache-Control": "private, no-store"},
    )
