"""Schools with students, fees and the system that tells of payments."""

from __future__ import annotations

import json
import time
import uuid
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone

from approvals.services import approve_request
from fuxiang_zone.campus import fees, keys, schools, students
from fuxiang_zone.campus.models import Bill, FeeItem, School
from operators.models import Operator
from tests.approvals.people import make_operator

PAYMENTS = "/api/channel/v1/campus/payments"
LIST = "学号,姓名,年级,班级\nS001,张小明,一年级,1班\nS002,李花,一年级,2班\nS003,王大力,二年级,1班\n"


def make_school(actor: Operator, code: str = "XX-1", **details: Any) -> School:
    given = {"name": f"第{code}小学", "kind": "primary", "top_up_cents": [5000, 10000], **details}
    return schools.add_school(actor=actor, code=code, **given)


def fill_school(actor: Operator, school: School, folder: Path, text: str = LIST) -> Any:
    path = folder / f"{school.code}.csv"
    path.write_bytes(text.encode("gb18030"))
    return students.import_students(actor=actor, school_id=school.pk, path=path, folder=folder)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def make_fee(actor: Operator, school: School, **content: Any) -> FeeItem:
    given = {"name": "伙食费", "period": "2026秋", "amount_cents": 36000, "due_on": in_days(30)}
    return fees.create_fee(actor=actor, school_id=school.pk, **{**given, **content})


def collect(maker: Operator, checker: Operator, fee: FeeItem) -> list[Bill]:
    request = fees.submit_fee(actor=maker, fee_id=fee.pk)
    approve_request(actor=checker, request_id=request.pk)
    return list(Bill.objects.filter(fee=fee).order_by("student__number"))


class Cast:
    """A school of three pupils, its maker, and a checker."""

    def __init__(self, folder: Path, code: str = "XX-1") -> None:
        self.maker = make_operator(f"keeper{code.lower()}", "maker")
        self.checker = make_operator(f"checker{code.lower()}", "checker")
        self.school = make_school(self.maker, code)
        fill_school(self.maker, self.school, folder)

    def collect(self, **content: Any) -> list[Bill]:
        return collect(self.maker, self.checker, make_fee(self.maker, self.school, **content))

    def system(self, bank: str = "alpha") -> System:
        return System(keys.issue_key(actor=self.maker, school_id=self.school.pk), bank)


class System:
    """The school's own server."""

    def __init__(self, issued: keys.Issued, bank: str = "alpha") -> None:
        self.issued = issued
        self.client = Client(HTTP_HOST=f"{bank}.localhost", raise_request_exception=False)

    def body(self, bill: Bill | str, /, **more: Any) -> dict[str, Any]:
        given = {
            "kind": "payment",
            "payment_id": f"P{uuid.uuid4().hex}",
            "bill": str(bill.uid if isinstance(bill, Bill) else bill),
            "amount_cents": bill.amount_cents if isinstance(bill, Bill) else 36000,
            "occurred_at": timezone.now().isoformat(),
        }
        return {**given, **more}

    def send(self, body: dict[str, Any] | bytes, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(
            PAYMENTS, data=raw, content_type="application/json",
            headers={**self.signed(raw), **headers},
        )  # fmt: skip

    def signed(self, raw: bytes, at: datetime | None = None) -> dict[str, str]:
        stamp = str(int(at.timestamp() if at else time.time()))
        return {
            "Campus-Key": self.issued.key_id,
            "Campus-Timestamp": stamp,
            "Campus-Signature": keys.sign(self.issued.secret.encode(), stamp, raw),
        }

    def pay(self, bill: Bill, /, **more: Any) -> Any:
        return self.send(self.body(bill, **more))
