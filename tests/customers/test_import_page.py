"""The customer file in the console, on the machinery of jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Customer
from intake import file_jobs
from intake.models import Job, StoredFile
from intake.running import run_job
from tests.approvals.people import make_operator, sign_in

IMPORT = "/admin/customers/customer/import/"
FILE = "客户号,出生年份,昵称\nC1,1980,甲\nC2,18,乙\nC3,1990,丙\n"


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def maker(bank: Any) -> Client:
    return sign_in(make_operator("maker", "maker"))


def begun(client: Client, **more: Any) -> Job:
    file = SimpleUploadedFile("客户.csv", FILE.encode("gb18030"))
    answer = client.post(IMPORT, {"file": file, **more})
    assert answer.status_code == 302, answer.content.decode()
    return Job.objects.get()


def test_good_rows_land_and_bad_ones_come_back(maker: Client) -> None:
    job = begun(maker)

    assert run_job(job.pk) == "done"

    job.refresh_from_db()
    assert sorted(Customer.objects.values_list("number", flat=True)) == ["C1", "C3"]
    assert [job.result[name] for name in ("rows", "created", "rejected")] == [3, 2, 1]
    page = maker.get(f"/admin/intake/job/{job.pk}/change/").content.decode()
    assert "昵称" in page
    assert "is no year" in page
    uid = dict(job.result["files"])["csv"]
    answer = maker.get(f"/admin/intake/job/files/{uid}/")
    assert "C2" in b"".join(answer.streaming_content).decode("utf-8-sig")
    assert StoredFile.objects.get(uid=job.params["file"]).stored_as == ""


def test_a_file_that_is_only_checked_changes_nothing(maker: Client) -> None:
    job = begun(maker, dry_run="on")

    run_job(job.pk)

    job.refresh_from_db()
    assert not Customer.objects.exists()
    assert job.result["created"] == 2
    assert (
        "nothing was changed" in maker.get(f"/admin/intake/job/{job.pk}/change/").content.decode()
    )


def test_begun_again_after_a_kill_it_finds_what_has_landed(
    maker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(_stored: StoredFile) -> None:
        raise Killed

    job = begun(maker)
    with monkeypatch.context() as patched:
        patched.setattr(file_jobs, "remove", killed)
        with pytest.raises(Killed):
            run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(state="queued")

    assert run_job(job.pk) == "done"

    job.refresh_from_db()
    assert [job.result[name] for name in ("created", "unchanged", "rejected")] == [0, 2, 1]
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("role", ["viewer", "checker", "administrator", "branch"])
def test_who_may_not_import_customers_sees_no_page_of_it(bank: Any, role: str) -> None:
    client = sign_in(make_operator("other", role))

    assert client.get(IMPORT).status_code == 403
    assert client.post(IMPORT, {}).status_code == 403
    assert not Job.objects.exists()
