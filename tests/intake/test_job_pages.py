"""The list of background jobs and the page of one, in both consoles."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from intake.models import Job
from intake.stored_files import store
from operators.models import Operator
from tests.approvals.people import make_operator, sign_in

LIST = "/admin/intake/job/"


def make_job(operator: Operator, title: str = "July", **fields: Any) -> Job:
    return Job.objects.create(
        kind="coupon_import", title=title, created_by=operator, created_at=timezone.now(), **fields
    )


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("maker", "maker")


def test_everybody_sees_their_own_and_administrators_see_all(maker: Operator) -> None:
    other, boss = make_operator("other", "maker"), make_operator("boss", "administrator")
    job = make_job(maker, "Mine of July")
    address = f"{LIST}{job.pk}/change/"

    assert "Mine of July" in sign_in(maker).get(LIST).content.decode()
    assert "Mine of July" in sign_in(boss).get(LIST).content.decode()
    assert "Mine of July" not in sign_in(other).get(LIST).content.decode()
    assert sign_in(maker).get(address).status_code == 200
    assert sign_in(boss).get(address).status_code == 200
    assert sign_in(other).get(address).status_code == 302
    assert sign_in(other).get(f"{LIST}{job.pk}/status/").status_code == 404
    assert sign_in(other).post(f"{LIST}{job.pk}/cancel/").status_code == 404
    assert sign_in(make_operator("viewer", "viewer")).get(LIST).status_code == 403


def test_a_running_job_tells_its_step_and_how_far_it_is(maker: Operator) -> None:
    now = timezone.now()
    job = make_job(
        maker, state="running", attempt=1, done=12_000, total=20_000, step="Storing",
        started_at=now, heartbeat_at=now,
    )  # fmt: skip

    page = sign_in(maker).get(f"{LIST}{job.pk}/status/").content.decode()

    assert 'data-open="yes"' in page
    assert 'aria-valuenow="60"' in page
    assert "Storing" in page
    assert "12,000 of 20,000" in page


def test_a_failed_job_tells_its_sentence_and_is_not_asked_again(maker: Operator) -> None:
    job = make_job(maker, state="failed", params={"file": None}, error="The file has no rows.")

    page = sign_in(maker).get(f"{LIST}{job.pk}/change/").content.decode()

    assert 'data-open="no"' in page
    assert "The file has no rows." in page
    assert "verb-cancel" not in page


def test_a_job_of_a_kind_that_is_no_more_can_still_be_looked_at(maker: Operator) -> None:
    job = make_job(maker, state="done")
    Job.objects.filter(pk=job.pk).update(kind="of_old")

    assert sign_in(maker).get(f"{LIST}{job.pk}/change/").status_code == 200
    assert sign_in(maker).get(LIST).status_code == 200


def test_the_platform_s_console_has_its_own_jobs(db: None) -> None:
    connection.set_schema_to_public()
    boss = make_operator("union", "administrator")
    make_job(boss, "Province-wide")

    page = sign_in(boss, host="console.localhost").get(LIST).content.decode()

    assert "Province-wide" in page


def test_a_file_that_is_not_for_somebody_does_not_exist_for_them(
    maker: Operator, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    stored = store(actor=maker, file=io.BytesIO(b"secret"), name="七月.csv")
    address = f"{LIST}files/{stored.uid}/"

    answer = sign_in(maker).get(address)
    assert b"".join(answer.streaming_content) == b"secret"  # type: ignore[attr-defined]
    assert answer.headers["Content-Length"] == "6"
    assert "no-store" in answer.headers["Cache-Control"]
    assert sign_in(make_operator("boss", "administrator")).get(address).status_code == 404
