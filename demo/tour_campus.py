"""The tour's steps about the smart campus: students by file, bills, signed notices of payment."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

from django.utils import timezone

from demo import campus
from demo.browsing import Page
from demo.guide import CUSTOMER, Tour, say
from demo.people import SURNAMES
from demo.stage import Phone, check
from demo.tour_coupons import facts_of, finished_job

ROOMS = {each: f"fuxiang_zone_campus/{each}" for each in ("school", "student", "feeitem", "bill")}
CODE, SCHOOL = "DAOLAN-01", "东风路中学（导览）"
NUMBERS = tuple(f"DL{number:04d}" for number in range(1, 13))
FEE, CENTS = "校服费（导览）", 26_850
# Of the file: its number of the row, and what stands there.
WRONG_ROW, WRONG = 8, "1.23E+11"
NOTICES = "campus/payments"


def open_a_school(tour: Tour) -> None:
    """A bank serves a new school: its students come by a GB18030 file, one row of it comes back"""
    bank = tour.notes["campus bank"] = tour.notes["opened smart_campus"].split(",")[0]
    maker = tour.console(bank, "maker")
    page = maker.open(f"/admin/{ROOMS['school']}/add/")
    saved = maker.browser.submit(
        page, page.form("code", "top_up_cents"), code=CODE, name=SCHOOL, kind="middle",
        top_up_cents="50; 100",
    )  # fmt: skip
    check(not saved.refusal(), f"the school was not saved: {saved.refusal()}")
    school = maker.find(ROOMS["school"], CODE)
    tour.notes["school"] = school.address
    address = next(iter(school.links("/students/import/")), "")
    check(address, "the school's page does not lead to the import of students")
    form = maker.open(address).form("csrfmiddlewaretoken", action="")
    fields = {"csrfmiddlewaretoken": form.fields["csrfmiddlewaretoken"]}
    page = maker.browser.upload(address, fields, "学生名单.csv", _students())
    facts = facts_of(finished_job(maker, page))
    say(" · ".join(f"{label} {value}" for label, value in facts))
    numbers = [value for _label, value in facts[:5]]
    wanted = [str(len(NUMBERS) + 1), str(len(NUMBERS)), "0", "0", "1"]
    check(sorted(numbers) == sorted(wanted), f"the job says {facts}, not {wanted}")


def _students() -> bytes:
    """As Chinese Excel saves a .csv; one number has become a fraction."""
    lines = ["学号,姓名,年级,班级,家长客户号"]
    for place, number in enumerate(NUMBERS):
        name, parent = f"{SURNAMES[place]}小满", CUSTOMER if place == 0 else ""
        lines.append(f"{number},{name},初一,{1 + place % 2}班,{parent}")
    lines.insert(WRONG_ROW - 1, f"{WRONG},王小明,初一,1班,")
    return "\r\n".join([*lines, ""]).encode("gb18030")


def ask_for_a_fee(tour: Tour) -> None:
    """The school asks for a fee: a second person approves its bills, then parents see theirs"""
    bank = tour.notes["campus bank"]
    maker, checker = tour.console(bank, "maker"), tour.console(bank, "checker")
    page = maker.open(f"/admin/{ROOMS['feeitem']}/add/")
    found = re.search(r"/school/(\d+)/", tour.notes["school"])
    assert found is not None
    due = timezone.localdate() + timedelta(days=10)
    saved = maker.browser.submit(
        page, page.form("school", "due_on"), school=found[1], name=FEE, period="2026年秋季",
        amount_cents=f"{CENTS / 100:.2f}", due_on=due.isoformat(),
    )  # fmt: skip
    check(not saved.refusal(), f"the fee was not saved: {saved.refusal()}")
    maker.press(maker.find(ROOMS["feeitem"], FEE), "submit")
    phone = tour.phone(bank, CUSTOMER)
    check(not _bill(phone), "the parent sees the bill before it is approved")
    review = checker.review(FEE, "waiting")
    whole = f"{len(NUMBERS) * CENTS / 100:,.2f}"
    check(whole in review.text, "the review page does not show the sum")
    checker.answer(review, "approve", comment="同意")
    bill = _bill(phone)
    check((bill.get("amount_cents"), bill.get("payable")) == (CENTS, True), f"it shows {bill}")
    say(f"{len(NUMBERS)} bills, {whole} yuan, approved; {CUSTOMER} sees {CENTS / 100:.2f} to pay")


def _bill(phone: Phone) -> dict[str, Any]:
    """Of the child at the new school."""
    children = phone.get("zone/campus/bills").json["students"]
    bills = [bill for each in children if each["school_code"] == CODE for bill in each["bills"]]
    return next((bill for bill in bills if bill["fee"] == FEE), {})


def be_told_of_a_payment(tour: Tour) -> None:
    """The school's system signs a notice of payment; a forged one is refused, a repeated one too"""
    bank = tour.notes["campus bank"]
    maker, phone = tour.console(bank, "maker"), tour.phone(bank, CUSTOMER)
    issued = maker.press(maker.open(tour.notes["school"]), "issue-key")
    key, secret = re.findall(r'<code class="fx-campus-secret">([^<]+)</code>', issued.text)
    check(secret not in maker.open(tour.notes["school"]).text, "the secret is shown twice")
    bill = _bill(phone)["id"]
    forged = _tell(tour, key, secrets.token_urlsafe(32), bill, CENTS)
    check((forged.status, forged.json["code"]) == (401, "signature_wrong"), forged.text)
    check(_bill(phone)["state"] == "unpaid", "a forged notice has paid the bill")
    say(f"a forged notice: {forged.status} {forged.json['code']}, the bill stays unpaid")
    little = _tell(tour, key, unescape(secret), bill, CENTS - 1, "DL-P0")
    check(little.status == 409 and _bill(phone)["state"] == "unpaid", f"{little.text}")
    say(f"one cent too little: {little.json['detail']}")
    first = _tell(tour, key, unescape(secret), bill, CENTS)
    again = _tell(tour, key, unescape(secret), bill, CENTS)
    check((first.status, first.json["bill_state"]) == (200, "paid"), f"it answers {first.text}")
    check(again.text == first.text, f"the second time: {again.text}")
    check(again.headers.get("idempotency-replayed") == "true", "the repetition is not marked")
    check(_bill(phone)["state"] == "paid", "the parent's phone does not show it paid")
    say(f"the signed one: {first.json['detail']} Told again: the same answer, paid once")
    page = maker.open(tour.notes["school"])
    left = f"{(len(NUMBERS) - 1) * CENTS / 100:,.2f}"
    check(left in page.text, f"the school's page does not say that {left} is unpaid")
    say(f"the school's page: {CENTS / 100:.2f} paid, {left} unpaid")


def _tell(tour: Tour, key: str, secret: str, bill: str, cents: int, number: str = "DL-P1") -> Page:
    stamp = str(int(time.time()))
    notice = {
        "payment_id": number, "bill": bill, "amount_cents": cents,
        "occurred_at": tour.notes.setdefault("paid at", timezone.now().isoformat()),
    }  # fmt: skip
    body = json.dumps(notice).encode()
    signed = hmac.digest(secret.encode(), f"{stamp}.".encode() + body, "sha256").hex()
    headers = {
        "Campus-Key": key, "Campus-Timestamp": stamp, "Campus-Signature": f"v1={signed}"
    }  # fmt: skip
    return tour.phone(tour.notes["campus bank"]).send("POST", NOTICES, notice, **headers)


def keep_schools_apart(tour: Tour) -> None:
    """An operator of another school sees nothing of this one: lists, searches, its very address"""
    bank = tour.notes["campus bank"]
    other = tour.console(bank, "branch")
    own = other.open(f"/admin/{ROOMS['student']}/?q={campus.at_school(1)}")
    check(campus.at_school(1) in own.text, "the operator does not see the own school's students")
    for room, sought, shown in (
        ("school", CODE, SCHOOL), ("student", NUMBERS[0], SCHOOL), ("feeitem", FEE, SCHOOL),
        ("bill", NUMBERS[0], FEE),
    ):  # fmt: skip
        for query in ("", f"?q={sought}", f"?tab=all&q={sought}"):
            page = other.open(f"/admin/{ROOMS[room]}/{query}")
            rows = page.text.partition('id="result_list"')[2]
            check(page.status == 200 and shown not in rows, f"{page.address} shows {shown}")
    page = other.open(tour.notes["school"])
    check(CODE not in page.text, f"{page.address} shows the school by its address")
    seen = tour.console(bank, "checker").open(tour.notes["school"])
    check(SCHOOL in seen.text, "who sees every school does not see it")
    say(f"“branch” keeps {campus.CODE}: of {CODE} there is nothing, not even by address")


STEPS: list[Callable[[Tour], None]] = [
    open_a_school, ask_for_a_fee, be_told_of_a_payment, keep_schools_apart,
]  # fmt: skip
