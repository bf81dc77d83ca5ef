"""A school's files: students, and what each of them is to pay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from customers.models import Customer
from fuxiang_zone.campus import amounts, fees, students
from fuxiang_zone.campus.errors import FeeRefused
from fuxiang_zone.campus.import_jobs import start_amounts, start_students
from fuxiang_zone.campus.models import Bill, Guardian, Student
from intake import running
from intake.errors import FileRefused
from intake.jobs import cancel_job
from intake.models import Job, StoredFile
from intake.running import run_job
from tests.approvals.people import make_operator, sign_in
from tests.fuxiang_zone.campus.making import Cast, fill_school, make_fee, make_school


@pytest.fixture
def keeper(bank: Any) -> Any:
    return make_operator("keeper", "maker")


def test_names_are_masked_and_numbers_kept_as_they_are(keeper: Any, tmp_path: Path) -> None:
    school = make_school(keeper)

    landed = fill_school(keeper, school, tmp_path)

    assert (landed.rows, landed.created, landed.rejected) == (3, 3, 0)
    assert list(Student.objects.values_list("number", "masked_name", "class_name")) == [
        ("S001", "张*明", "1班"), ("S002", "李*", "2班"), ("S003", "王*力", "1班"),
    ]  # fmt: skip


def test_bad_rows_come_back_with_their_reasons_and_good_ones_land(
    keeper: Any, tmp_path: Path
) -> None:
    school = make_school(keeper)
    Customer.objects.create(number="C1")
    text = (
        "姓名\t,学 号,班级,客户号,住址\n张三,S1,1班,C1,x\n李四,1.23E+19,1班,,\n王五,S1,1班,,\n"
        "赵六,S4,1班,C9,\n,S5,1班,,\n"
    )

    landed = fill_school(keeper, school, tmp_path, text)

    assert landed.rejected_rows == [3, 4, 6, 5]
    told = {each["row"]: str(each["reason"]) for each in landed.reasons}
    assert "Excel" in told[3]
    assert "S1" in told[4]
    assert "C9" in told[5]
    assert "姓名" in told[6]
    assert landed.unknown_columns == ["住址"]
    assert Student.objects.get().number == "S1"
    assert Guardian.objects.get().customer_number == "C1"
    assert any(path.endswith(".xlsx") for path in landed.error_files)


def test_the_same_file_again_changes_nothing_and_a_new_class_is_taken_over(
    keeper: Any, tmp_path: Path
) -> None:
    school = make_school(keeper)
    fill_school(keeper, school, tmp_path)

    again = fill_school(keeper, school, tmp_path)
    moved = fill_school(keeper, school, tmp_path, "学号,姓名,班级\nS001,张小明,3班\n")

    assert (again.created, again.updated, again.unchanged) == (0, 0, 3)
    assert moved.updated == 1
    student = Student.objects.get(number="S001")
    # What the file lacks stays.
    assert (student.grade, student.class_name) == ("一年级", "3班")


@pytest.mark.parametrize("made", ["2026-03-01", "2026/3/1", "3月1日"])
def test_a_class_that_excel_has_made_a_date_comes_back(
    keeper: Any, tmp_path: Path, made: str
) -> None:
    school = make_school(keeper)

    landed = fill_school(keeper, school, tmp_path, f"学号,姓名,班级\nS1,张三,{made}\nS2,李四,3-1\n")

    assert landed.rejected_rows == [2]
    assert Student.objects.get().class_name == "3-1"


class Killed(BaseException):
    """As by the system: nothing is tidied."""


def test_a_job_killed_after_its_rows_had_landed_ends_well(
    bank: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = Cast(tmp_path)
    file = ContentFile("学号,姓名\nS7,钱七\n".encode(), "x.csv")
    job = start_students(actor=cast.maker, school_id=cast.school.pk, file=file)
    with monkeypatch.context() as patch:
        patch.setattr(running, "_finished", _killed)
        with pytest.raises(Killed):
            run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(state="queued")

    assert run_job(job.pk) == "done"

    job.refresh_from_db()
    assert (job.result["rows"], job.result["unchanged"]) == (1, 1)
    assert not StoredFile.objects.exclude(stored_as="").exists()


def _killed(*_given: Any) -> None:
    raise Killed


@pytest.mark.parametrize("room", [students, amounts])
def test_a_job_that_is_cancelled_while_rows_land_leaves_none(
    bank: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: Any
) -> None:
    cast = Cast(tmp_path)
    if room is students:
        file = ContentFile("学号,姓名\nS7,钱七\n".encode(), "x.csv")
        job = start_students(actor=cast.maker, school_id=cast.school.pk, file=file)
    else:
        fee = make_fee(cast.maker, cast.school, amount_cents=None)
        file = ContentFile("学号,金额\nS001,1\n".encode(), "x.csv")
        job = start_amounts(actor=cast.maker, fee_id=fee.pk, file=file)
    land = room._land

    def then_cancelled(*given: Any) -> None:
        land(*given)
        cancel_job(actor=cast.maker, job=job)

    monkeypatch.setattr(room, "_land", then_cancelled)
    run_job(job.pk)

    assert Student.objects.count() == 3
    assert not Bill.objects.exists()


def test_a_file_of_headers_alone_is_refused(keeper: Any, tmp_path: Path) -> None:
    school = make_school(keeper)

    with pytest.raises(FileRefused):
        fill_school(keeper, school, tmp_path, "学号,姓名\n")


def test_amounts_by_student_become_bills_once_checked(bank: Any, tmp_path: Path) -> None:
    cast = Cast(tmp_path)
    fee = make_fee(cast.maker, cast.school, amount_cents=None)
    path = tmp_path / "金额.csv"
    path.write_text('学号,金额\nS001,"1,280.50"\nS002,￥36\nS009,1\nS003,1.234\n', "utf-8-sig")

    landed = amounts.import_amounts(actor=cast.maker, fee_id=fee.pk, path=path, folder=tmp_path)

    assert (landed.created, landed.total_cents) == (2, 131_650)
    assert sorted(landed.rejected_rows) == [4, 5]
    request = fees.submit_fee(actor=cast.maker, fee_id=fee.pk)
    assert (request.payload["bills"], request.payload["total_cents"]) == (2, 131_650)
    with pytest.raises(FeeRefused):
        amounts.import_amounts(actor=cast.maker, fee_id=fee.pk, path=path, folder=tmp_path)


def test_a_file_that_is_only_checked_changes_nothing(bank: Any, tmp_path: Path) -> None:
    cast = Cast(tmp_path)
    client = sign_in(cast.maker)
    address = f"/admin/fuxiang_zone_campus/school/{cast.school.pk}/students/import/"
    path = tmp_path / "more.csv"
    path.write_bytes("学号,姓名\nS777,钱七\n".encode("gb18030"))

    with path.open("rb") as file:
        answer = client.post(address, {"file": file, "dry_run": "on"})

    assert answer.status_code == 302, answer.content.decode()
    job = Job.objects.get(kind="campus_students")
    assert run_job(job.pk) == "done"
    job.refresh_from_db()
    assert job.result["created"] == 1
    assert not Student.objects.filter(number="S777").exists()
    assert Bill.objects.count() == 0
