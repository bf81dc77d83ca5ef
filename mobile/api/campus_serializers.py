"""The form of the campus's answers, for the OpenAPI document and the contract tests."""

from __future__ import annotations

from rest_framework import serializers

from fuxiang_zone.campus.choices import BillState, NoticeKind, Outcome


class CampusSchool(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField(help_text="In words.")
    top_up_cents = serializers.ListField(
        child=serializers.IntegerField(), help_text="Of the campus card; empty: none by phone."
    )


class CampusSchools(serializers.Serializer):
    schools = CampusSchool(many=True)


class CampusBill(serializers.Serializer):
    id = serializers.UUIDField()
    fee = serializers.CharField()
    period = serializers.CharField()
    amount_cents = serializers.IntegerField()
    due_on = serializers.DateField()
    note = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(
        [BillState.UNPAID.value, BillState.PAID.value, BillState.REFUNDED.value]
    )
    payable = serializers.BooleanField(help_text="Whether it can be paid now.")
    overdue = serializers.BooleanField()
    paid_at = serializers.DateTimeField(allow_null=True)


class CampusStudent(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField(help_text="Masked.")
    grade = serializers.CharField(allow_blank=True)
    class_name = serializers.CharField(allow_blank=True)
    school = serializers.CharField()
    school_code = serializers.CharField()
    top_up_cents = serializers.ListField(child=serializers.IntegerField())
    unpaid_cents = serializers.IntegerField(help_text="Of what can be paid now.")
    bills = CampusBill(many=True)


class CampusStudents(serializers.Serializer):
    students = CampusStudent(many=True)


class CampusLinkBody(serializers.Serializer):
    school = serializers.CharField(max_length=20, help_text="The school's code.")
    number = serializers.CharField(max_length=30, help_text="The student's number.")
    name = serializers.CharField(max_length=40, help_text="The student's name, in full.")


class CampusLinked(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="Masked.")
    school = serializers.CharField()


class CampusNoticeBody(serializers.Serializer):
    payment_id = serializers.CharField(max_length=64, help_text="The school's own number.")
    bill = serializers.UUIDField()
    amount_cents = serializers.IntegerField(min_value=1)
    occurred_at = serializers.DateTimeField(help_text="When the money came, with its time zone.")
    kind = serializers.ChoiceField(NoticeKind.values, required=False)
    refund_of = serializers.CharField(
        required=False, max_length=64, help_text="Of a refund: the payment that goes back."
    )


class CampusNoticeTaken(serializers.Serializer):
    payment_id = serializers.CharField()
    outcome = serializers.ChoiceField(
        [
            Outcome.PAID.value, Outcome.PAID_LATE.value, Outcome.REFUNDED.value,
            Outcome.RETURNED.value, Outcome.WAITING.value,
        ]
    )  # fmt: skip
    bill = serializers.CharField()
    bill_state = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()
