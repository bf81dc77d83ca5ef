"""A school with its students, fees and bills, in the banks that opened the smart campus."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils.timezone import localdate
from django_tenants.utils import tenant_context

from approvals.models import Request
from audit.models import AuditEvent
from demo import approving, events
from demo.people import LAST_CHARACTERS, SURNAMES
from demo.province import BankRow, chance
from fuxiang_zone.campus import fees, notices, schools, students
from fuxiang_zone.campus.choices import BillState, NoticeKind, SchoolKind
from fuxiang_zone.campus.keys import issue_key
from fuxiang_zone.campus.models import Bill, FeeItem, School, SchoolKey
from fuxiang_zone.catalogue.models import Activation
from operators.models import Operator
from tenants.models import Bank

TYPE = "smart_campus"
CODE = "DEMO-XX01"
DAY = timedelta(days=1)
YUAN = 100
STUDENTS, CLASSES = 36, ("1班", "2班")
GRADES = ("一年级", "二年级", "三年级")
# The first customers of the bank are parents of the first students.
PARENTS = 6
PEOPLE = ("admin", "maker", "checker", "branch")
# Name, period, grade, cents, days until it is due, what becomes of it.
FEES: Sequence[tuple[str, str, str, int, int, str]] = (
    ("课后服务费", "{year}年秋季", "", 360 * YUAN, 20, "collected"),
    ("午餐费", "{year}年秋季第1月", "", 286 * YUAN, 6, "collected"),
    ("研学活动费", "{year}年秋季", "三年级", 158 * YUAN, 30, "in review"),
)
# Percent of the bills of a collected fee that are paid.
PAID = 62


def fill_schools(rows: Sequence[BankRow], at: datetime) -> int:
    """Once the banks have opened their types; safe to repeat. Returns how many were made."""
    opened = Activation.objects.filter(product_type__code=TYPE, bank__slug__in=[
        row.slug for row in rows
    ]).values_list("bank", flat=True)  # fmt: skip
    named = {row.slug: row for row in rows}
    banks = Bank.objects.filter(pk__in=list(opened)).order_by("pk")
    return sum(_fill_bank(bank, named[bank.slug], at) for bank in banks)


def _fill_bank(bank: Bank, row: BankRow, at: datetime) -> bool:
    with tenant_context(bank), transaction.atomic():
        is_filled = AuditEvent.objects.filter(event=events.BANK_FILLED).exists()
        if not is_filled or School.objects.exists():
            return False
        staff = {each.username: each for each in Operator.objects.filter(username__in=PEOPLE)}
        _make_school(row, staff, at)
        return True


def _make_school(row: BankRow, staff: Mapping[str, Operator], at: datetime) -> None:
    """By the same verbs as the console."""
    school = schools.add_school(
        actor=staff["admin"], code=CODE, name=f"{row.short_name}第一小学（演示）",
        kind=SchoolKind.PRIMARY, contact="教务处（演示）", contact_phone="0731-96518",
        top_up_cents=[50 * YUAN, 100 * YUAN, 200 * YUAN], at=at - 30 * DAY,
    )  # fmt: skip
    seen_by = [staff[name].pk for name in ("maker", "branch")]
    schools.set_operators(
        actor=staff["admin"], school_id=school.pk, operators=seen_by, at=at - 30 * DAY
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "学生名单.csv"
        _write_students(path, row)
        students.import_students(
            actor=staff["maker"], school_id=school.pk, path=path, at=at - 29 * DAY
        )
    issue_key(actor=staff["admin"], school_id=school.pk, at=at - 28 * DAY)
    for place, fee in enumerate(FEES):
        _collect(school, fee, staff, at - (20 - place) * DAY, at)


def _write_students(path: Path, row: BankRow) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("学号", "姓名", "年级", "班级", "客户号"))
        for number in range(1, STUDENTS + 1):
            topic = f"{row.slug}/student/{number}"
            name = SURNAMES[chance(topic, 20)] + "小" + LAST_CHARACTERS[chance(f"{topic}/n", 20)]
            grade = GRADES[(number - 1) % len(GRADES)]
            parent = f"D{number:07d}" if number <= PARENTS else ""
            cells = (f"{at_school(number)}", name, grade, CLASSES[number % 2], parent)
            writer.writerow(cells)


def at_school(number: int) -> str:
    return f"DEMO{number:04d}"


def _collect(
    school: School,
    fee: tuple[str, str, str, int, int, str],
    staff: Mapping[str, Operator],
    began: datetime,
    at: datetime,
) -> None:
    name, period, grade, cents, days, becomes = fee
    item = fees.create_fee(
        actor=staff["maker"], school_id=school.pk, name=name, grade=grade, amount_cents=cents,
        period=period.format(year=at.year), due_on=localdate(at + days * DAY),
        note="如有疑问请联系班主任。", at=began,
    )  # fmt: skip
    asked: Request = fees.submit_fee(actor=staff["maker"], fee_id=item.pk, at=began)
    if becomes == "collected":
        approving.approve(asked, staff["checker"], at=began + DAY / 24)
        _pay(school, item, began + DAY, at)


def _pay(school: School, fee: FeeItem, since: datetime, at: datetime) -> None:
    """As the school's system tells it."""
    key = SchoolKey.objects.select_related("school").get(school=school)
    for bill in Bill.objects.filter(fee=fee, state=BillState.UNPAID).order_by("pk"):
        topic = f"{school.name}/{fee.name}/{bill.student_id}"
        if chance(f"{topic}/paid", 100) >= PAID:
            continue
        when = (
            since + chance(f"{topic}/when", int((at - since) / timedelta(minutes=1))) * DAY / 1440
        )
        notice = notices.Notice(
            kind=NoticeKind.PAYMENT, payment_id=f"DEMO-{fee.pk}-{bill.pk}", bill=str(bill.uid),
            amount_cents=bill.amount_cents, occurred_at=when, refund_of="",
        )  # fmt: skip
        notices.take_notice(key=key, notice=notice, at=when)
