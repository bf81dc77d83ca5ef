"""Amounts of a fee by file: what each student of a school is to pay."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.services import record
from fuxiang_zone.campus import events, fees, sight
from fuxiang_zone.campus.choices import BillState
from fuxiang_zone.campus.errors import FeeRefused
from fuxiang_zone.campus.models import Bill, FeeItem, Student
from fuxiang_zone.campus.school_files import Landed, Progress, SchoolFile
from fuxiang_zone.campus.students import student_number
from intake.columns import Column
from intake.errors import BadValue
from intake.opening import opened

if TYPE_CHECKING:
    from intake.tables import Record
    from operators.models import Operator

COLUMNS = (
    Column("number", ("学号", "学籍号", "学生编号", "student number", "student"), required=True),
    Column("amount", ("金额", "应缴金额", "应交金额", "金额（元）", "amount"), required=True),
)
BATCH = 2_000
_AMOUNT = re.compile(r"[¥￥]?(\d{1,3}(?:,\d{3})+|\d{1,9})(\.\d{1,2})?元?")


def parse_amount(text: str) -> int:
    """Cents."""
    found = _AMOUNT.fullmatch(text.replace(" ", ""))
    if found is None:
        raise BadValue(gettext_lazy("is no amount in yuan, like 1,280.50"))
    cents = int(Decimal(found[1].replace(",", "") + (found[2] or "")) * 100)
    if not 1 <= cents <= fees.MOST_CENTS:
        raise BadValue(gettext_lazy("lies outside 0.01 to 100,000.00 yuan"))
    return cents


PARSERS = {"number": student_number, "amount": parse_amount}


def import_amounts(
    *,
    actor: Operator,
    fee_id: int,
    path: Path,
    folder: Path | None = None,
    dry_run: bool = False,
    at: datetime | None = None,
    progress: Progress | None = None,
) -> Landed:
    """Into bills that are not issued: a later file changes amounts and adds students."""
    at, landed = at or timezone.now(), Landed(dry_run=dry_run)
    with opened(path) as (table, landed.sha256):
        file = SchoolFile(table, COLUMNS, PARSERS, landed, folder, path.stem, progress)
        with transaction.atomic(), file.error_files():
            fee = fees.locked_fee(actor, sight.CHANGE_FEE, fee_id)
            require_by_student(fee)
            _land(fee, file, landed, at)
            file.tell()
            if dry_run:
                transaction.set_rollback(True)
            else:
                fees.add_contributor(fee, actor)
                fee.save(update_fields=["contributors"])
                _record(actor, fee, path.name, landed, at)
    return landed


def require_by_student(fee: FeeItem) -> None:
    fees.require_draft(fee)
    if fee.amount_cents is not None:
        raise FeeRefused(
            _("This fee has one amount for all; empty it before you import amounts by student.")
        )


def _land(fee: FeeItem, file: SchoolFile, landed: Landed, at: datetime) -> None:
    meant = Student.objects.meant_by(
        school_id=fee.school_id, grade=fee.grade, class_name=fee.class_name
    )
    students = dict(meant.values_list("number", "pk"))
    held = {bill.student_id: bill for bill in Bill.objects.filter(fee=fee, state=BillState.DRAFT)}
    new, changed = [], []
    for row, given in file.rows():
        student = _known(file, row, given, students)
        if student is None:
            continue
        landed.total_cents += given["amount"]
        bill = held.get(student)
        if bill is None:
            new.append(_bill(fee, student, given["amount"], at))
        elif bill.amount_cents != given["amount"]:
            bill.amount_cents, bill.changed_at = given["amount"], at
            changed.append(bill)
        else:
            landed.unchanged += 1
    Bill.objects.bulk_create(new, batch_size=BATCH)
    Bill.objects.bulk_update(changed, ["amount_cents", "changed_at"], batch_size=BATCH)
    landed.created, landed.updated = len(new), len(changed)


def _known(
    file: SchoolFile, row: Record, given: dict[str, Any], students: dict[str, int]
) -> int | None:
    found = students.get(given["number"])
    if found is None:
        file.reject(
            row,
            _("%(column)s “%(number)s” is no student whom this fee concerns")
            % {"column": COLUMNS[0].label, **given},
        )
    return found


def _bill(fee: FeeItem, student: int, cents: int, at: datetime) -> Bill:
    return Bill(
        fee=fee, school_id=fee.school_id, student_id=student, amount_cents=cents, changed_at=at
    )


def _record(actor: Operator, fee: FeeItem, name: str, landed: Landed, at: datetime) -> None:
    counts = ("rows", "created", "updated", "unchanged", "rejected", "total_cents", "sha256")
    told = {each: getattr(landed, each) for each in counts}
    record(events.AMOUNTS_IMPORTED, actor=actor, target=fee, at=at, after={"file": name, **told})
