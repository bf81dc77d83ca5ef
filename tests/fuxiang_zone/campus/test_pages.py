"""The campus pages of the console, and a parent's phone in the preview."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from fuxiang_zone.campus import keys
from fuxiang_zone.campus.models import Bill, FeeItem, Guardian, School, SchoolKey, Student
from tests.approvals.people import make_operator, sign_in
from tests.fuxiang_zone.campus.making import Cast, System, fill_school, in_days

ROOT = "/admin/fuxiang_zone_campus/"


@pytest.fixture
def cast(bank: Any, tmp_path: Path) -> Cast:
    return Cast(tmp_path)


def test_a_school_is_added_with_amounts_as_bankers_type_them(bank: Any) -> None:
    client = sign_in(make_operator("keeper", "maker"))
    given = {"code": "AB-1", "name": "实验小学", "kind": "primary", "top_up_cents": "50；1,00元"}
    bad = client.post(f"{ROOT}school/add/", given)
    answer = client.post(f"{ROOT}school/add/", {**given, "top_up_cents": "100；￥50"})

    assert "Enter an amount in yuan" in bad.content.decode()
    assert answer.status_code == 302, answer.content.decode()
    assert School.objects.get().top_up_cents == [5000, 10000]


def test_a_fee_is_drafted_and_submitted(cast: Cast) -> None:
    client = sign_in(cast.maker)
    given = {
        "school": cast.school.pk, "name": "伙食费", "period": "2026秋", "amount_cents": "360",
        "due_on": in_days(9).isoformat(), "takes_late": "on",
    }  # fmt: skip

    nothing = client.post(f"{ROOT}feeitem/add/", {**given, "amount_cents": "0"})
    answer = client.post(f"{ROOT}feeitem/add/", given)

    assert "A fee of nothing is none." in nothing.content.decode()
    assert answer.status_code == 302, answer.content.decode()
    fee = FeeItem.objects.get()
    client.post(f"{ROOT}feeitem/{fee.pk}/submit/", {"note": "", "_form_submitted": "True"})
    assert FeeItem.objects.get().state == "in_review"
    page = client.get(f"{ROOT}feeitem/{fee.pk}/change/").content.decode()
    assert "1,080.00" in page


def test_a_secret_is_shown_once_and_works(cast: Cast) -> None:
    client, address = sign_in(cast.maker), f"{ROOT}school/{cast.school.pk}/"

    answer = client.post(f"{address}issue-key/", {"_form_submitted": "True"})

    key_id, secret = re.findall(r"<code[^>]*>([^<]+)</code>", answer.content.decode())
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["HX-Retarget"] == answer.headers["HX-Reselect"] == "#dialog"
    assert System(keys.Issued(key_id, secret)).pay(cast.collect()[0]).status_code == 200
    again = client.get(f"{address}change/").content.decode()
    assert key_id in again
    assert secret not in again
    assert SchoolKey.objects.count() == 1


def test_the_lists_cost_as_many_queries_with_many_rows(cast: Cast, tmp_path: Path) -> None:
    client = sign_in(cast.maker)
    cast.collect()

    def cost() -> dict[str, int]:
        found = {}
        for name in ("school", "student", "feeitem", "bill"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"{ROOT}{name}/").status_code == 200
            found[name] = len([each for each in queries if "search_path" not in each["sql"]])
        return found

    cost()
    few = cost()
    more = "".join(f"N{n},新生\n" for n in range(15))
    fill_school(cast.maker, cast.school, tmp_path, f"学号,姓名\n{more}")
    cast.collect(name="校服费")

    assert cost() == few


def test_the_preview_shows_a_parents_bills_to_the_schools_operators_alone(cast: Cast) -> None:
    bill = cast.collect()[0]
    Customer.objects.create(number="C1")
    Guardian.objects.create(
        student=Student.objects.get(number="S001"), customer_number="C1", linked_by="file",
        linked_at=bill.changed_at,
    )  # fmt: skip
    page = "/preview/frame/?type=customer&customer=C1&page="

    def seen(operator: Any, more: str) -> str:
        return sign_in(operator).get(page + more).content.decode()

    for more in (
        "campus",
        "campus&mode=senior",
        f"bill&item={bill.uid}",
        f"bill_pay&item={bill.uid}",
    ):
        assert "360.00" in seen(cast.maker, more), more
        assert "360.00" not in seen(make_operator(f"other{len(more)}", "maker"), more), more
    assert Bill.objects.get(pk=bill.pk).state == "unpaid"
