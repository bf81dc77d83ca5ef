from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from coupons import events
from coupons.models import Coupon, Reconciliation
from coupons.reconciliation import alarms, run_jobs, services
from coupons.reconciliation.days import day_of, end_of, start_of
from intake.models import Job
from operators.models import Operator
from tests.approvals.people import make_operator, sign_in
from tests.coupons import books
from tests.coupons.making import live_template, people, stock

LIST = "/admin/coupons/reconciliation/"


@pytest.fixture
def kept(bank: Any) -> Reconciliation:
    day = day_of(timezone.now()) - timedelta(days=1)
    noon = start_of(day) + timedelta(hours=12)
    batch = stock(live_template(title="Top-up coupon"), 3, at=noon)
    books.redeem(books.claim(books.of(batch), noon), noon, 333)
    books.claim(books.of(batch, 1), noon)
    return services.reconcile_day(day=day, at=end_of(day) + timedelta(hours=1))


@pytest.fixture
def maker(kept: Reconciliation) -> Client:
    return sign_in(people()[0])


def broken(kept: Reconciliation) -> Reconciliation:
    Coupon.objects.filter(state="redeemed").update(redeemed_cents=1)
    return services.reconcile_day(day=kept.day, at=end_of(kept.day) + timedelta(hours=2))


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_the_list_shows_each_day_with_its_sums(maker: Client, kept: Reconciliation) -> None:
    text = page(maker, LIST)

    assert f"{kept.day:%Y-%m-%d}" in text
    assert "tied out" in text
    assert "3.33" in text


def test_a_day_shows_template_bearers_files_and_what_is_owed(
    maker: Client, kept: Reconciliation
) -> None:
    text = page(maker, f"{LIST}{kept.pk}/change/")

    assert "Top-up coupon" in text
    assert "2.34" in text
    for file in kept.files.all():
        assert file.name in text
        assert file.sha256 in text
    assert "Run again" in text


def test_breaks_are_told_with_what_was_expected_and_found(
    maker: Client, kept: Reconciliation
) -> None:
    broken(kept)

    text = page(maker, f"{LIST}{kept.pk}/change/")

    assert "redeemed and not reversed" in text
    assert "0.01" in text
    assert "test batch" in text


def test_the_workbench_and_the_sidebar_warn_until_a_later_run_ties_out(
    maker: Client, kept: Reconciliation
) -> None:
    assert "fx-alarm" not in page(maker, "/admin/")
    broken(kept)

    text = page(maker, "/admin/")
    assert "fx-alarm" in text
    assert f"{LIST}{kept.pk}/change/" in text

    Coupon.objects.filter(state="redeemed").update(redeemed_cents=333)
    services.reconcile_day(day=kept.day, at=end_of(kept.day) + timedelta(hours=3))
    assert "fx-alarm" not in page(maker, "/admin/")


def test_the_badge_counts_the_breaks_for_those_who_may_look(kept: Reconciliation, rf: Any) -> None:
    request = rf.get("/admin/")
    broken(kept)

    request.user = people()[0]
    assert alarms.badge(request) == "2"
    request.user = make_operator("counter", "branch")
    assert alarms.badge(request) == ""


def test_a_file_is_downloaded_as_it_was_written_and_the_download_is_an_event(
    maker: Client, kept: Reconciliation
) -> None:
    file = kept.files.get(name__contains="redemptions")

    answer = maker.post(f"{LIST}files/{file.pk}/")

    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    assert file.name in answer["Content-Disposition"]
    assert AuditEvent.objects.filter(event=events.SETTLEMENT_DOWNLOADED).count() == 1


def looker(role: str) -> Operator:
    return make_operator(f"a-{role}", role)


def test_a_viewer_reads_but_neither_downloads_nor_runs_again(kept: Reconciliation) -> None:
    client = sign_in(looker("viewer"))
    file = kept.files.first()

    text = page(client, f"{LIST}{kept.pk}/change/")
    assert "Run again" not in text
    assert client.post(f"{LIST}files/{file.pk}/").status_code == 302
    assert client.post(f"{LIST}{kept.pk}/run-again/").status_code in (302, 403)

    assert not AuditEvent.objects.filter(event=events.SETTLEMENT_DOWNLOADED).exists()
    assert not Job.objects.exists()


def test_branch_staff_see_nothing_of_it(kept: Reconciliation) -> None:
    client = sign_in(looker("branch"))

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{kept.pk}/change/").status_code == 403
    assert client.post(f"{LIST}files/{kept.files.first().pk}/").status_code == 403


def test_run_again_is_a_job_that_ends_with_the_result(maker: Client, kept: Reconciliation) -> None:
    answer = maker.post(f"{LIST}{kept.pk}/run-again/")

    job = Job.objects.get(kind=run_jobs.NAME)
    assert str(job.pk) in answer["Location"]
    result = run_jobs.run(Running(job))
    assert result == {"state": "tied_out", "breaks": 0, "reconciliation": kept.pk}
    job.result = dict(result)
    assert [link.pk for link in run_jobs.show(job).links] == [kept.pk]


class Running:
    """Stands in for the worker's hold on a job."""

    def __init__(self, job: Job) -> None:
        self.row, self.params = job, job.params

    def told(self, *_progress: Any) -> None: ...


def test_other_banks_days_do_not_exist_here(maker: Client, kept: Reconciliation) -> None:
    assert maker.get(f"{LIST}{kept.pk + 1000}/change/").status_code in (302, 404)
    assert maker.post(f"{LIST}{kept.pk + 1000}/run-again/").status_code == 403


def test_days_in_the_chart_are_the_last_thirty(maker: Client, kept: Reconciliation) -> None:
    text = page(maker, f"{LIST}{kept.pk}/change/")

    first: date = kept.day - timedelta(days=29)
    assert f"{first:%Y-%m-%d}" in text
    assert f"{first - timedelta(days=1):%Y-%m-%d}" not in text
