"""From a fee to bills: prepared by one person, issued by another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from approvals import errors as approvals
from approvals.services import approve_request, send_back_request
from fuxiang_zone.campus import amounts, fees, students
from fuxiang_zone.campus.errors import BadFee, FeeRefused
from fuxiang_zone.campus.models import Bill, FeeItem, Student
from operators.errors import NotAllowed
from tests.fuxiang_zone.campus.making import Cast, fill_school, in_days, make_fee


@pytest.fixture
def cast(bank: Any, tmp_path: Path) -> Cast:
    return Cast(tmp_path)


def test_bills_are_issued_to_whom_the_fee_concerns(cast: Cast) -> None:
    bills = cast.collect(grade="一年级")

    assert [bill.student.number for bill in bills] == ["S001", "S002"]
    assert {(bill.state, bill.amount_cents) for bill in bills} == {("unpaid", 36000)}
    assert FeeItem.objects.get().state == "open"


def test_nobody_issues_bills_that_they_prepared(cast: Cast) -> None:
    request = fees.submit_fee(actor=cast.maker, fee_id=make_fee(cast.maker, cast.school).pk)

    with pytest.raises((approvals.OwnChange, NotAllowed)):
        approve_request(actor=cast.maker, request_id=request.pk)

    assert set(Bill.objects.values_list("state", flat=True)) == {"draft"}


def test_bills_that_changed_after_they_were_submitted_are_not_issued(cast: Cast) -> None:
    request = fees.submit_fee(actor=cast.maker, fee_id=make_fee(cast.maker, cast.school).pk)
    Bill.objects.filter(student__number="S001").update(amount_cents=1)

    with pytest.raises(FeeRefused, match="changed"):
        approve_request(actor=cast.checker, request_id=request.pk)


def test_a_fee_sent_back_can_be_edited_and_its_bills_follow(cast: Cast) -> None:
    fee = make_fee(cast.maker, cast.school)
    request = fees.submit_fee(actor=cast.maker, fee_id=fee.pk)
    with pytest.raises(FeeRefused, match="in review"):
        fees.edit_fee(actor=cast.maker, fee_id=fee.pk, amount_cents=100)
    send_back_request(actor=cast.checker, request_id=request.pk, comment="金额不对")

    fees.edit_fee(actor=cast.maker, fee_id=fee.pk, amount_cents=100)
    again = fees.submit_fee(actor=cast.maker, fee_id=fee.pk)

    assert again.payload["total_cents"] == 300


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"due_on": in_days(-1)}, "due_on"),
        ({"amount_cents": 0}, "amount_cents"),
        ({"amount_cents": 10_000_001}, "amount_cents"),
        ({"class_name": "1班"}, "grade"),
    ],
)
def test_a_fee_that_makes_no_sense_is_refused(
    cast: Cast, content: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadFee) as refused:
        make_fee(cast.maker, cast.school, **content)

    assert refused.value.field == field
    assert not FeeItem.objects.exists()


def test_a_fee_that_concerns_nobody_is_not_submitted(cast: Cast) -> None:
    fee = make_fee(cast.maker, cast.school, grade="九年级")

    with pytest.raises(FeeRefused, match="No student"):
        fees.submit_fee(actor=cast.maker, fee_id=fee.pk)

    assert FeeItem.objects.get().state == "draft"


def test_new_students_get_their_bills_and_those_who_left_get_none(
    cast: Cast, tmp_path: Path
) -> None:
    fee = cast.collect()[0].fee
    gone = Student.objects.get(number="S003")
    students.let_student_leave(actor=cast.maker, student_id=gone.pk, reason="转学")
    fill_school(cast.maker, cast.school, tmp_path, "学号,姓名\nS010,周新\n")

    assert fees.add_missing_bills(actor=cast.maker, fee_id=fee.pk) == 1
    with pytest.raises(FeeRefused):
        fees.add_missing_bills(actor=cast.maker, fee_id=fee.pk)


def test_who_left_after_the_amounts_came_gets_no_bill(cast: Cast, tmp_path: Path) -> None:
    fee = make_fee(cast.maker, cast.school, amount_cents=None)
    path = tmp_path / "amounts.csv"
    path.write_text("学号,金额\nS001,1\nS002,2\nS003,3\n", "utf-8-sig")
    amounts.import_amounts(actor=cast.maker, fee_id=fee.pk, path=path)
    gone = Student.objects.get(number="S003")
    students.let_student_leave(actor=cast.maker, student_id=gone.pk, reason="转学")

    request = fees.submit_fee(actor=cast.maker, fee_id=fee.pk)

    assert (request.payload["bills"], request.payload["total_cents"]) == (2, 300)


def test_bills_are_not_issued_after_their_due_date(cast: Cast) -> None:
    fee = make_fee(cast.maker, cast.school)
    request = fees.submit_fee(actor=cast.maker, fee_id=fee.pk)
    FeeItem.objects.filter(pk=fee.pk).update(due_on=in_days(-1))

    with pytest.raises(FeeRefused, match="due date"):
        approve_request(actor=cast.checker, request_id=request.pk)

    assert set(Bill.objects.values_list("state", flat=True)) == {"draft"}
