"""A school is seen by its own operators: on every page, in searches, exports, jobs and reviews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse

from fuxiang_zone.campus import exports, fees, import_jobs, keys, schools, students
from fuxiang_zone.campus.errors import UnknownSchool
from fuxiang_zone.campus.models import Bill, FeeItem, Payment, School, Student
from intake.models import Job, StoredFile
from intake.running import run_job
from intake.stored_files import may_fetch
from operators.errors import NotAllowed
from operators.models import Operator
from tests.approvals.people import make_operator, sign_in
from tests.fuxiang_zone.campus.making import Cast, make_fee

ROOT = "/admin/fuxiang_zone_campus/"
MARK = "XX-9"


@pytest.fixture
def cast(bank: Any, tmp_path: Path) -> Cast:
    """Of a school whose name, and its pupils' numbers, nobody else may see."""
    cast = Cast(tmp_path, MARK)
    Student.objects.update(number=Concat(Value(MARK), "number"))
    bill = cast.collect()[0]
    assert cast.system().pay(bill, payment_id=f"P{MARK}").status_code == 200
    make_fee(cast.maker, cast.school, name=f"{MARK}校服费")
    return cast


def pages(cast: Cast) -> list[str]:
    models = {"school": School, "student": Student, "feeitem": FeeItem, "bill": Bill}
    own = [f"{ROOT}{name}/{model.objects.first().pk}/change/" for name, model in models.items()]
    lists = [f"{ROOT}{name}/" for name in (*models, "payment")]
    searches = [f"{each}?q={MARK}" for each in lists]
    payment = f"{ROOT}payment/{Payment.objects.first().pk}/change/"
    files = [
        f"{ROOT}school/{cast.school.pk}/students/import/",
        f"{ROOT}feeitem/{FeeItem.objects.filter(state='draft').get().pk}/amounts/import/",
    ]
    others = [
        "/admin/approvals/request/?tab=all",
        f"/admin/search/?s={MARK}",
        f"{ROOT}feeitem/add/",
    ]
    return [*own, *lists, *searches, payment, *files, *others]


def shown(client: Client, cast: Cast) -> list[str]:
    found = []
    for address in pages(cast):
        answer = client.get(address)
        assert answer.status_code in (200, 302, 403, 404), address
        text = answer.content.decode() if answer.status_code == 200 else ""
        # A page may repeat the words that were typed into its own search box.
        text = (
            text.replace(f'value="{MARK}"', "").replace(f"q={MARK}", "").replace(f"q%3D{MARK}", "")
        )
        found += [address] if MARK in text else []
    return found


@pytest.mark.parametrize("role", ["maker", "branch", "viewer"])
def test_no_page_shows_a_school_to_others(cast: Cast, role: str) -> None:
    assert shown(sign_in(make_operator("stranger", role)), cast) == []


def test_its_own_operators_and_those_who_see_every_school_see_it(cast: Cast) -> None:
    assert len(shown(sign_in(cast.maker), cast)) >= 12
    assert len(shown(sign_in(make_operator("chief", "administrator")), cast)) >= 12
    assert len(shown(sign_in(cast.checker), cast)) >= 10


def test_a_school_is_given_and_taken_away_by_who_sees_every_school(cast: Cast) -> None:
    other, chief = make_operator("other", "maker"), make_operator("chief", "administrator")
    with pytest.raises(NotAllowed):
        schools.set_operators(actor=cast.maker, school_id=cast.school.pk, operators=[other.pk])

    schools.set_operators(actor=chief, school_id=cast.school.pk, operators=[other.pk])

    assert School.objects.visible_to(other).exists()
    assert not School.objects.visible_to(cast.maker).exists()


def test_no_verb_touches_a_school_of_others(cast: Cast, tmp_path: Path) -> None:
    other, school = make_operator("other", "maker"), cast.school
    fee, bill, pupil = FeeItem.objects.first(), Bill.objects.first(), Student.objects.first()
    path = tmp_path / "x.csv"
    path.write_text("学号,姓名\nS1,某某\n")
    calls: list[Any] = [
        lambda: schools.change_school(actor=other, school_id=school.pk, name="x"),
        lambda: schools.close_school(actor=other, school_id=school.pk, reason="x"),
        lambda: keys.issue_key(actor=other, school_id=school.pk),
        lambda: keys.end_keys(actor=other, school_id=school.pk, reason="x"),
        lambda: students.import_students(actor=other, school_id=school.pk, path=path),
        lambda: students.let_student_leave(actor=other, student_id=pupil.pk, reason="x"),
        lambda: fees.create_fee(actor=other, school_id=school.pk, name="x"),
        lambda: fees.edit_fee(actor=other, fee_id=fee.pk, name="x"),
        lambda: fees.submit_fee(actor=other, fee_id=fee.pk),
        lambda: fees.delete_fee(actor=other, fee_id=fee.pk),
        lambda: fees.close_fee(actor=other, fee_id=fee.pk, reason="x"),
        lambda: fees.add_missing_bills(actor=other, fee_id=fee.pk),
        lambda: fees.cancel_bill(actor=other, bill_id=bill.pk, reason="x"),
        lambda: import_jobs.start_students(
            actor=other, school_id=school.pk, file=ContentFile(b"x", "x.csv")
        ),
        lambda: import_jobs.start_amounts(
            actor=other, fee_id=fee.pk, file=ContentFile(b"x", "x.csv")
        ),
    ]

    for call in calls:
        with pytest.raises(UnknownSchool):
            call()

    assert not Job.objects.exists()


def test_an_export_holds_the_bills_of_ones_own_schools(cast: Cast, tmp_path: Path) -> None:
    other = Cast(tmp_path, "XX-2")
    other.collect()

    file = exports.export_bills(actor=other.maker, rows=Bill.objects.all(), file_format="csv")
    text = file.read().decode("utf-8-sig")

    assert text.count("\n") == 4
    assert MARK not in text


def test_an_export_is_confirmed_by_the_one_who_fetches_it(cast: Cast) -> None:
    client = sign_in(cast.maker)
    file = reverse("bank:fuxiang_zone_campus_bill_file", urlconf="config.urls_bank")

    confirmed = client.post(
        f"{ROOT}bill/export/?tab=paid", {"file_format": "csv", "_form_submitted": "True"}
    )

    assert client.get(file).status_code == 403
    address = confirmed.headers.get("Location") or confirmed.headers["HX-Redirect"]
    text = b"".join(client.get(address).streaming_content).decode("utf-8-sig")
    assert text.count("\n") == 2
    assert sign_in(make_operator("other", "maker")).get(address).status_code == 403


def test_an_export_by_a_filter_that_makes_no_sense_is_told(cast: Cast) -> None:
    client = sign_in(cast.maker)
    asked = {"file_format": "csv", "_form_submitted": "True"}

    confirmed = client.post(f"{ROOT}bill/export/?nonsense=1", asked)
    address = confirmed.headers.get("Location") or confirmed.headers["HX-Redirect"]
    answer = client.get(address, follow=True)

    assert answer.status_code == 200
    assert "The filter is not valid" in answer.content.decode()


def test_what_came_back_of_a_file_is_fetched_by_its_bringer_and_those_who_see_every_school(
    cast: Cast,
) -> None:
    job = import_jobs.start_students(
        actor=cast.maker, school_id=cast.school.pk,
        file=ContentFile("学号,姓名\n!,某\n".encode(), "x.csv"),
    )  # fmt: skip
    run_job(job.pk)
    back = StoredFile.objects.exclude(stored_as="").first()

    assert may_fetch(cast.maker, back)
    assert may_fetch(cast.checker, back)
    assert not may_fetch(make_operator("other", "maker"), back)
    assert sign_in(make_operator("third", "maker")).get(
        f"/admin/intake/job/{job.pk}/change/"
    ).status_code in (302, 403)


@pytest.mark.parametrize("of", ["students", "amounts"])
def test_who_sees_a_school_no_longer_sees_no_file_of_it_either(cast: Cast, of: str) -> None:
    file = ContentFile("学号,姓名,金额\n!,某,x\n".encode(), "x.csv")
    if of == "students":
        job = import_jobs.start_students(actor=cast.maker, school_id=cast.school.pk, file=file)
    else:
        fee = make_fee(cast.maker, cast.school, name="书本费", amount_cents=None)
        job = import_jobs.start_amounts(actor=cast.maker, fee_id=fee.pk, file=file)
    run_job(job.pk)
    job.refresh_from_db()
    addresses = [
        f"/admin/intake/job/{job.pk}/status/",
        *(f"/admin/intake/job/files/{uid}/" for _kind, uid in job.result["files"]),
    ]
    client, chief = sign_in(cast.maker), make_operator("chief", "administrator")
    before = [client.get(each).status_code for each in addresses]

    schools.set_operators(actor=chief, school_id=cast.school.pk, operators=[])

    assert before == [200, 200, 200]
    assert [client.get(each).status_code for each in addresses] == [404, 404, 404]
    assert sign_in(chief).get(addresses[1]).status_code == 200


def test_the_trail_of_schools_is_read_by_who_sees_every_school(cast: Cast) -> None:
    both = make_operator("both", "maker")
    both.groups.add(Group.objects.get(name="branch"))
    trail = "/admin/audit/auditevent/"

    seen = sign_in(Operator.objects.get(pk=both.pk)).get(trail).content.decode()

    assert "auditevent" in seen
    assert MARK not in seen
    assert MARK in sign_in(make_operator("chief", "administrator")).get(trail).content.decode()
