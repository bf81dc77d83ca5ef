"""A student file into a school's list, and the verbs of one student."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.context import current_schema
from audit.services import record
from customers.models import Customer
from fuxiang_zone.campus import events, sight
from fuxiang_zone.campus.choices import LinkedBy
from fuxiang_zone.campus.errors import CampusRefused
from fuxiang_zone.campus.models import Guardian, School, Student
from fuxiang_zone.campus.school_files import Landed, Progress, SchoolFile
from fuxiang_zone.campus.wording import masked_name, plain_name
from intake.columns import Column
from intake.errors import BadValue
from intake.opening import opened
from intake.values import refuse_dated, refuse_shortened
from tenants.encryption import Digester
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from intake.tables import Record
    from operators.models import Operator

COLUMNS = (
    Column("number", ("学号", "学籍号", "学生编号", "student number", "student"), required=True),
    Column("name", ("姓名", "学生姓名", "name"), required=True),
    Column("grade", ("年级", "grade")),
    Column("class_name", ("班级", "班", "class")),
    Column("customer", ("客户号", "家长客户号", "customer number")),
)
BATCH = 2_000
PURPOSE = "student name"
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,30}")
_CUSTOMER = re.compile(r"[A-Za-z0-9]{1,32}")
_KEPT = ("masked_name", "name_digest", "grade", "class_name", "is_enrolled")


# --- what the cells hold --------------------------------------------------------------------------
def student_number(text: str) -> str:
    if not (text.isascii() and _NUMBER.fullmatch(text)):
        refuse_shortened(text)
        raise BadValue(gettext_lazy("is no student number: 1 to 30 letters, digits and hyphens"))
    return text


def _name(text: str) -> str:
    if len(text) > 40 or any(character.isdigit() for character in text):
        raise BadValue(gettext_lazy("is no name of a person"))
    return text


def _short(text: str) -> str:
    refuse_dated(text)
    if len(text) > 20:
        raise BadValue(gettext_lazy("is longer than 20 characters"))
    return text


def _customer(text: str) -> str:
    if not (text.isascii() and _CUSTOMER.fullmatch(text)):
        refuse_shortened(text)
        raise BadValue(gettext_lazy("is no customer number: 1 to 32 letters and digits"))
    return text


PARSERS = {
    "number": student_number, "name": _name, "grade": _short, "class_name": _short,
    "customer": _customer,
}  # fmt: skip


def name_digest(digester: Digester, school_id: int, number: str, name: str) -> UUID:
    return digester.uuid(f"{school_id}:{number}:{plain_name(name)}")


# --- the file -------------------------------------------------------------------------------------
def import_students(
    *,
    actor: Operator,
    school_id: int,
    path: Path,
    folder: Path | None = None,
    dry_run: bool = False,
    at: datetime | None = None,
    progress: Progress | None = None,
) -> Landed:
    """Good rows land together; a known number is updated, a column that the file lacks stays as it
    is. Killed at any moment, nothing has landed or all that is good."""
    school = sight.require_school(actor, sight.ADD_STUDENT, school_id)
    at, landed = at or timezone.now(), Landed(dry_run=dry_run)
    with opened(path) as (table, landed.sha256):
        file = SchoolFile(table, COLUMNS, PARSERS, landed, folder, path.stem, progress)
        with transaction.atomic(), file.error_files():
            take_for_transaction(f"{current_schema()}:campus students:{school.pk}")
            rows = list(_with_known_customers(file, file.rows()))
            _land(school, rows, file.names, landed, at)
            file.tell()
            if dry_run:
                transaction.set_rollback(True)
            else:
                _record(actor, school, path.name, landed, at)
    return landed


def _with_known_customers(
    file: SchoolFile, rows: list[tuple[Record, dict[str, Any]]]
) -> Iterator[dict[str, Any]]:
    named = {given["customer"] for _record, given in rows if given.get("customer")}
    known: set[str] = set()
    for batch in _batches(sorted(named)):
        found = Customer.objects.order_by().filter(number__in=batch)
        known.update(found.values_list("number", flat=True))
    for row, given in rows:
        number = given.get("customer")
        if number and number not in known:
            told = {"column": COLUMNS[-1].label, "number": number}
            file.reject(row, _("%(column)s “%(number)s” is no customer of this bank") % told)
        else:
            yield given


def _land(
    school: School, rows: list[dict[str, Any]], names: list[str], landed: Landed, at: datetime
) -> None:
    before = {each.number: each for each in Student.objects.filter(school=school)}
    digester = Digester(PURPOSE)
    new, changed = [], []
    for given in rows:
        known = before.get(given["number"])
        student = _student(school, given, names, known, digester, at)
        if known is None:
            new.append(student)
        elif _kept(student) != _kept(known):
            changed.append(student)
    Student.objects.bulk_create(new, batch_size=BATCH)
    Student.objects.bulk_update(changed, _KEPT, batch_size=BATCH)
    linked = _link(school, rows, at)
    touched = {each.number for each in (*new, *changed)}
    landed.created = len(new)
    landed.updated = len({each.number for each in changed} | (linked - {s.number for s in new}))
    landed.unchanged = len(rows) - len(touched | linked)


def _student(
    school: School,
    given: dict[str, Any],
    names: list[str],
    known: Student | None,
    digester: Digester,
    at: datetime,
) -> Student:
    number, name = given["number"], given["name"]
    student = Student(school=school, number=number, created_at=at)
    if known is not None:
        student = Student(**{field.attname: getattr(known, field.attname) for field in _columns()})
    student.masked_name = masked_name(name)
    student.name_digest = name_digest(digester, school.pk, number, name)
    student.is_enrolled = True
    for column in ("grade", "class_name"):
        if column in names:
            setattr(student, column, given[column])
    return student


def _columns() -> Any:
    return Student._meta.concrete_fields


def _kept(student: Student) -> tuple[Any, ...]:
    return tuple(getattr(student, name) for name in _KEPT)


def _link(school: School, rows: Iterable[dict[str, Any]], at: datetime) -> set[str]:
    """Numbers of the students who have a parent more than before."""
    wanted = {given["number"]: given["customer"] for given in rows if given.get("customer")}
    linked: set[str] = set()
    for numbers in _batches(sorted(wanted)):
        students = Student.objects.filter(school=school, number__in=numbers)
        held = set(
            Guardian.objects.filter(student__in=students).values_list("student", "customer_number")
        )
        new = [
            (each, wanted[each.number])
            for each in students
            if (each.pk, wanted[each.number]) not in held
        ]
        Guardian.objects.bulk_create(
            (
                Guardian(
                    student=each, customer_number=number, linked_by=LinkedBy.FILE, linked_at=at
                )
                for each, number in new
            ),
            ignore_conflicts=True,
        )
        linked.update(each.number for each, _number in new)
    return linked


def _batches(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _record(actor: Operator, school: School, name: str, landed: Landed, at: datetime) -> None:
    counts = ("rows", "created", "updated", "unchanged", "rejected", "sha256", "unknown_columns")
    told = {each: getattr(landed, each) for each in counts}
    record(
        events.STUDENTS_IMPORTED, actor=actor, target=school, at=at, after={"file": name, **told}
    )


# --- one student ----------------------------------------------------------------------------------
def let_student_leave(
    *, actor: Operator, student_id: int, reason: str, at: datetime | None = None
) -> Student:
    """No longer in the school: no new bills, and nothing on the parents' phones."""
    student = Student.objects.visible_to(actor).filter(pk=student_id).first()
    sight.require_school(actor, sight.CHANGE_STUDENT, student.school_id if student else 0)
    assert student is not None
    with transaction.atomic():
        if not Student.objects.filter(pk=student.pk, is_enrolled=True).update(is_enrolled=False):
            raise CampusRefused(_("The student has left already."))
        record(events.STUDENT_LEFT, actor=actor, target=student, reason=reason, at=at)
    student.is_enrolled = False
    return student
