from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.utils import timezone, translation

from audit.models import AuditEvent
from coupons import events, export_jobs, exports
from coupons.choices import BatchState
from coupons.models import Coupon, CouponTemplate
from coupons.stock.listing import Asked
from intake.choices import JobState
from intake.models import Job, StoredFile
from intake.running import run_job
from intake.stored_files import opened
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, people, stock

PAGE = "/admin/coupons/coupon/"
SENT = {"_form_submitted": "True"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def template(bank: Any) -> CouponTemplate:
    return live_template("T-OUT", title="=cmd()|'x'")


def export(client: Any, query: str, file_format: str) -> bytes:
    form = {"file_format": file_format, **SENT}
    answer = client.post(f"{PAGE}export/?{query}", form, follow=True)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def lines(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_an_export_holds_what_the_list_shows_with_masked_codes(template: CouponTemplate) -> None:
    stock(template, ["OUT-CODE-0001", "OUT-CODE-0002"], remark="=1+1")
    stock(template, ["OUT-CODE-0003"], customer_number="C77", state=BatchState.FROZEN)
    stock(template, ["OUT-CODE-0004"], state=BatchState.IN_REVIEW)
    client = sign_in(people()[1])

    found = lines(export(client, "", "csv"))

    assert [row["Coupon code"] for row in found] == ["OUT****003", "OUT****002", "OUT****001"]
    assert [row["State"] for row in found] == ["frozen", "in stock", "in stock"]
    assert found[0]["Issued to (customer)"] == "C77"
    assert found[1]["Remark"] == "'=1+1"
    assert found[1]["Coupon template"].startswith("'=")
    assert found[1]["Face value (yuan)"] == "5.00"
    assert len(lines(export(client, "state=frozen", "csv"))) == 1
    seen = AuditEvent.objects.filter(event=events.EXPORTED).order_by("at")
    assert [(each.after["rows"], each.after["query"]) for each in seen] == [
        (3, ""), (1, "state=frozen"),
    ]  # fmt: skip


def test_a_workbook_holds_text_only(template: CouponTemplate) -> None:
    stock(template, ["OUT-CODE-0001"], remark="=1+1")

    content = export(sign_in(people()[0]), "", "xlsx")

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    rows = list(sheet.iter_rows())
    assert len(rows) == 2
    assert {cell.data_type for row in rows for cell in row} <= {"s", "inlineStr"}
    assert "=1+1" in [cell.value for cell in rows[1]]
    assert not any("OUT-CODE" in str(cell.value) for row in rows for cell in row)


def test_what_is_too_much_for_an_answer_is_made_in_the_background(
    template: CouponTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "LIMIT", 2)
    stock(template, 5)
    maker = people()[0]
    client = sign_in(maker)

    answer = client.post(f"{PAGE}export/?state=stocked", {"file_format": "xlsx", **SENT})

    job = Job.objects.get(kind=export_jobs.NAME)
    assert answer.url == f"/admin/intake/job/{job.pk}/change/"
    assert not AuditEvent.objects.filter(event=events.EXPORTED).exists()
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["rows"]) == (JobState.DONE, 5)
    stored = StoredFile.objects.get(uid=job.result["file"])
    assert stored.created_by == maker
    assert stored.expires_at is not None
    assert stored.expires_at - stored.created_at == timedelta(hours=24)
    with opened(stored) as file:
        assert len(lines(file.read())) == 5
    seen = AuditEvent.objects.get(event=events.EXPORTED)
    assert (seen.after["rows"], seen.after["query"]) == (5, "state=stocked")


@pytest.mark.parametrize("role", ["viewer", "administrator", "branch"])
def test_others_export_nothing(template: CouponTemplate, role: str) -> None:
    stock(template, 1)
    client = sign_in(make_operator(f"some-{role}", role))

    assert client.post(f"{PAGE}export/", {"file_format": "csv", **SENT}).status_code == 403
    assert client.post(f"{PAGE}figures/export/", {"days": "7"}).status_code == 403
    assert client.get(f"{PAGE}export/file/?ticket=x").status_code == 403


def test_a_ticket_of_one_person_is_nothing_in_anothers_hands(template: CouponTemplate) -> None:
    stock(template, 1)
    maker, checker = people()
    answer = sign_in(maker).post(f"{PAGE}export/", {"file_format": "csv", **SENT})

    assert sign_in(checker).get(answer.url).status_code == 403
    assert sign_in(maker).get(answer.url).status_code == 200


def test_an_export_stays_inside_the_asked_branches(template: CouponTemplate) -> None:
    """Nobody of a branch holds the permission today; the filter holds all the same."""
    stock(template, 3)
    asked = Asked(branches=())

    file = exports.export_coupons(
        actor=people()[0], asked=asked, file_format="csv", told={}, at=timezone.now()
    )

    assert lines(file.read()) == []
    assert Coupon.objects.count() == 3
