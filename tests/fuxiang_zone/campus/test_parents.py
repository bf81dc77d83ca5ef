"""Bills on a parent's phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fuxiang_zone.campus import fees, parents, schools, students
from fuxiang_zone.campus.models import Bill, Guardian, Student
from tests.fuxiang_zone.campus.making import Cast, make_fee
from tests.mobile.phones import Phone, key_set

ROOT = "/api/channel/v1/zone/campus/"
CHILD = {"school": "XX-1", "number": "S001", "name": "张小明"}


@pytest.fixture(autouse=True)
def _identity(settings: Any) -> None:
    settings.CHANNEL_JWT_KEYS = key_set()


@pytest.fixture
def cast(bank: Any, tmp_path: Path) -> Cast:
    return Cast(tmp_path)


def link(phone: Phone, **more: str) -> Any:
    return phone.post(f"{ROOT}students", data={**CHILD, **more}, content_type="application/json")


def bills_of(phone: Phone) -> list[dict[str, Any]]:
    answer = phone.get(f"{ROOT}bills")
    assert answer.status_code == 200, answer.content
    return [bill for student in answer.json()["students"] for bill in student["bills"]]


def test_a_parent_who_knows_number_and_name_sees_the_bills(cast: Cast) -> None:
    bill, phone = cast.collect()[0], Phone()
    make_fee(cast.maker, cast.school, name="未提交")

    answer = link(phone, name=" 张小　明")

    assert answer.json()["name"] == "张*明"
    (shown,) = bills_of(phone)
    assert (shown["id"], shown["amount_cents"]) == (str(bill.uid), 36000)
    assert (shown["state"], shown["payable"], shown["overdue"]) == ("unpaid", True, False)
    assert bills_of(Phone(number="C2")) == []


@pytest.mark.parametrize("wrong", [{"name": "张大明"}, {"number": "S002"}, {"school": "XX-2"}])
def test_who_does_not_know_both_is_told_nothing(cast: Cast, wrong: dict[str, str]) -> None:
    answer = link(Phone(), **wrong)

    assert (answer.status_code, answer.json()["code"]) == (404, "student_not_found")
    assert not Guardian.objects.exists()


def test_a_payment_shows_at_once(cast: Cast) -> None:
    bill, phone = cast.collect()[0], Phone()
    link(phone)

    cast.system().pay(bill)

    (shown,) = bills_of(phone)
    assert (shown["state"], shown["payable"]) == ("paid", False)


def test_bills_not_issued_or_cancelled_are_not_shown(cast: Cast) -> None:
    bill, phone = cast.collect()[0], Phone()
    link(phone)
    fees.submit_fee(actor=cast.maker, fee_id=make_fee(cast.maker, cast.school, name="第二项").pk)

    fees.cancel_bill(actor=cast.maker, bill_id=bill.pk, reason="免缴")

    assert Bill.objects.filter(student__number="S001").count() == 2
    assert bills_of(phone) == []


def test_a_closed_school_and_a_student_who_left_are_gone_from_the_phone(cast: Cast) -> None:
    phone = Phone()
    cast.collect()
    link(phone)
    schools.close_school(actor=cast.maker, school_id=cast.school.pk, reason="x")
    closed = bills_of(phone)
    schools.reopen_school(actor=cast.maker, school_id=cast.school.pk, reason="x")
    pupil = Student.objects.get(number="S001")
    students.let_student_leave(actor=cast.maker, student_id=pupil.pk, reason="x")

    assert closed == []
    assert bills_of(phone) == []


def test_a_number_is_understood_in_full_width(cast: Cast) -> None:
    assert link(Phone(), number="Ｓ００１").json()["name"] == "张*明"


def test_the_last_link_is_given_again_and_one_more_is_refused(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parents, "MOST_STUDENTS", 1)
    first, again = link(Phone()), link(Phone())
    other = link(Phone(), number="S002", name="李花")

    assert (again.status_code, again.json()) == (200, first.json())
    assert other.json()["code"] == "too_many_students"
    assert Guardian.objects.count() == 1


def test_an_old_unpaid_bill_is_not_pushed_off_the_phone_by_paid_ones(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parents, "MOST_BILLS", 2)
    old, system, phone = cast.collect()[0], cast.system(), Phone()
    for name in ("校服费", "书本费", "午餐费"):
        system.pay(cast.collect(name=name)[0])
    link(phone)

    assert [bill["id"] for bill in bills_of(phone) if bill["payable"]] == [str(old.uid)]


def test_unlinking_takes_the_bills_away(cast: Cast) -> None:
    phone = Phone()
    cast.collect()
    uid = link(phone).json()["id"]

    assert Phone(number="C2").post(f"{ROOT}students/{uid}/unlink").status_code == 404
    assert phone.post(f"{ROOT}students/{uid}/unlink").status_code == 200
    assert bills_of(phone) == []


def test_only_customers_ask_for_bills_and_another_banks_token_is_refused(cast: Cast) -> None:
    assert Phone(number=None).get(f"{ROOT}bills").status_code == 403
    assert Phone(number=None, system="till").get(f"{ROOT}bills").status_code == 403
    foreign = Phone()
    foreign.bearer = Phone(bank="beta").bearer
    assert foreign.get(f"{ROOT}bills").status_code == 403


def test_schools_are_listed_with_the_amounts_of_a_top_up(cast: Cast) -> None:
    (school,) = Phone().get(f"{ROOT}schools").json()["schools"]

    assert (school["code"], school["top_up_cents"]) == ("XX-1", [5000, 10000])


@pytest.mark.parametrize("body", ["[]", "{}", '{"school": "X", "number": "1", "name": 5, "x": 1}'])
def test_a_body_of_another_form_is_refused(cast: Cast, body: str) -> None:
    answer = Phone().post(f"{ROOT}students", data=body, content_type="application/json")

    assert answer.status_code == 400
