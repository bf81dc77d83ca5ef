"""The import of a coupon file in the console, from the upload to the batch."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from coupons.choices import BatchState
from coupons.models import Batch, ColumnMapping, Coupon
from coupons.stock import importing
from intake.jobs import cancel_job
from intake.models import Job, StoredFile
from intake.running import run_job
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, make_template, people
from tests.intake.files import workbook

IMPORT = "/admin/coupons/batch/import/"
FILE = "券码,面额,备注\nAAAA1111,5.00,七月\nBBBB2222,5,\nCC,5,短\nAAAA1111,5,重复\n"


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def maker(bank: Any) -> Client:
    return sign_in(people()[0])


def send(client: Client, template: Any, text: str | bytes = FILE, **more: Any) -> Any:
    data = text.encode("gb18030") if isinstance(text, str) else text
    name = more.pop("file_name", "七月.csv")
    given = {
        "file": SimpleUploadedFile(name, data), "template": template.pk, "name": "July",
        "policy": "good_rows",
    }  # fmt: skip
    return client.post(IMPORT, given | more)


def columns(client: Client, address: str, **chosen: str) -> Any:
    """Answers the page of the columns as it stands, but for what is ``chosen``."""
    page = client.get(address).content.decode()
    given = {}
    for name, options in re.findall(r'<select name="(column_\d+)"(.*?)</select>', page, re.S):
        found = re.search(r'value="(\w*)" selected', options)
        given[name] = found[1] if found else ""
    return client.post(address, given | chosen)


def begun(client: Client, template: Any, text: str | bytes = FILE, **more: Any) -> Job:
    address = send(client, template, text, **more).headers["Location"]
    answer = columns(client, address)
    assert answer.status_code == 302, answer.content.decode()
    return Job.objects.get(pk=answer.headers["Location"].rstrip("/").split("/")[-2])


def test_a_file_goes_from_the_upload_to_a_loaded_batch(maker: Client) -> None:
    template = live_template()

    job = begun(maker, template)
    assert run_job(job.pk) == "done"

    batch = Batch.objects.get()
    assert (batch.state, batch.name, batch.count) == (BatchState.LOADED, "July", 2)
    assert (batch.rows, batch.duplicates, batch.rejected) == (4, 1, 1)
    assert batch.total_cents == 1000
    page = maker.get(f"/admin/intake/job/{job.pk}/change/").content.decode()
    assert "10.00" in page
    assert f"/admin/coupons/batch/{batch.pk}/change/" in page
    shown = maker.get(f"/admin/coupons/batch/{batch.pk}/change/").content.decode()
    assert "stands in row 2 of this file already" in shown
    assert "/admin/intake/job/files/" in shown


def test_the_page_of_the_columns_shows_what_was_found_and_no_code(maker: Client) -> None:
    address = send(maker, live_template()).headers["Location"]

    page = maker.get(address).content.decode()

    assert "GB18030" in page
    assert "AAAA1111" not in page
    assert "AA****11" in page
    assert re.search(r'value="code" selected', page)
    assert re.search(r'value="face_value" selected', page)


def test_an_unknown_column_that_may_hold_codes_is_masked_as_well(maker: Client) -> None:
    address = send(maker, live_template(), "兑奖号\n6217001234567890\n").headers["Location"]

    page = maker.get(address).content.decode()

    assert "6217001234567890" not in page


def test_the_upload_lies_encrypted_and_goes_once_it_is_loaded(
    maker: Client, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    job = begun(maker, live_template())
    stored = StoredFile.objects.get(uid=job.params["file"])
    place = Path(default_storage.path(stored.stored_as))
    assert b"AAAA1111" not in place.read_bytes()

    with django_capture_on_commit_callbacks(execute=True):
        run_job(job.pk)

    assert not place.exists()
    for path in Path(settings.MEDIA_ROOT).rglob("*"):
        assert path.is_dir() or b"AAAA1111" not in path.read_bytes()


def test_skipped_columns_must_be_agreed_to(maker: Client) -> None:
    template = live_template()
    address = send(maker, template, "券码,供应商\nAAAA1111,某某\n").headers["Location"]

    refused = columns(maker, address)
    assert refused.status_code == 400
    assert "供应商" in refused.content.decode()
    assert not Batch.objects.exists()

    assert columns(maker, address, agreed="on").status_code == 302


def test_a_column_that_nobody_knows_can_be_named_and_is_remembered(maker: Client) -> None:
    template = live_template()
    text = "兑奖号,面额\nAAAA1111,5\n"
    address = send(maker, template, text).headers["Location"]
    assert columns(maker, address, agreed="on").status_code == 400

    answer = columns(maker, address, column_0="code")

    assert answer.status_code == 302
    assert ColumnMapping.objects.get(template=template).headers == {
        "兑奖号": "code", "面额": "face_value",
    }  # fmt: skip
    run_job(Job.objects.get().pk)
    assert Coupon.objects.count() == 1
    again = send(maker, template, "兑奖号,面额\nBBBB1111,5\n").headers["Location"]
    assert columns(maker, again).status_code == 302


def test_one_column_cannot_be_chosen_twice(maker: Client) -> None:
    address = send(maker, live_template(), "券码,卡号\nAAAA1111,BBBB1111\n").headers["Location"]

    assert columns(maker, address, column_1="code").status_code == 400
    assert columns(maker, address, agreed="on").status_code == 302


def test_a_workbook_names_the_sheets_that_are_not_read(maker: Client, tmp_path: Path) -> None:
    path = workbook(tmp_path, [["券码"], ["AAAA1111"]], [["说明"]])
    address = send(maker, live_template(), path.read_bytes(), file_name="七月.xlsx")

    page = maker.get(address.headers["Location"]).content.decode()

    assert "Sheet2" in page
    assert "Excel" in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n", "csv"),
        ("券码\n".encode(), ""),
        (b"\xff\xff\xff\x00\x81", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_removed(
    maker: Client, data: bytes, sentence: str, django_capture_on_commit_callbacks: Any
) -> None:
    address = send(maker, live_template(), data).headers["Location"]

    with django_capture_on_commit_callbacks(execute=True):
        answer = maker.get(address)

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert StoredFile.objects.get().stored_as == ""
    assert not Job.objects.exists()


def test_the_same_file_twice_leads_to_the_batch_that_holds_it(maker: Client) -> None:
    template = live_template()
    run_job(begun(maker, template).pk)
    batch = Batch.objects.get()
    address = send(maker, template).headers["Location"]

    answer = columns(maker, address)

    assert answer.status_code == 400
    assert f"/admin/coupons/batch/{batch.pk}/change/" in answer.content.decode()
    assert (Batch.objects.count(), Job.objects.count()) == (1, 1)


def test_starting_twice_makes_one_import(maker: Client) -> None:
    template = live_template()
    address = send(maker, template).headers["Location"]
    first = columns(maker, address)
    second = columns(maker, address)

    assert first.status_code == 302
    assert second.status_code == 400
    assert (Batch.objects.count(), Job.objects.count()) == (1, 1)


def test_all_or_nothing_lands_nothing_and_still_gives_the_rows_back(maker: Client) -> None:
    job = begun(maker, live_template(), policy="all_or_nothing")

    run_job(job.pk)

    job.refresh_from_db()
    assert Batch.objects.get().state == BatchState.DISCARDED
    assert not Coupon.objects.exists()
    assert [kind for kind, _uid in job.result["files"]] == ["xlsx", "csv"]


def test_the_error_files_are_kept_for_thirty_days_and_fetched_with_a_trace(
    maker: Client,
) -> None:
    job = begun(maker, live_template())
    run_job(job.pk)
    job.refresh_from_db()
    kept = {kind: StoredFile.objects.get(uid=uid) for kind, uid in job.result["files"]}

    expires_at = kept["csv"].expires_at
    assert expires_at is not None
    assert timedelta(days=29) < expires_at - timezone.now() < timedelta(days=31)
    answer = maker.get(f"/admin/intake/job/files/{kept['csv'].uid}/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "券码,面额,备注,行号,错误原因"
    assert [line.split(",")[3] for line in text.splitlines()[1:]] == ["4", "5"]
    assert (
        "七月" in answer.headers["Content-Disposition"]
        or "%E4%B8%83" in (answer.headers["Content-Disposition"])
    )
    assert AuditEvent.objects.filter(event="intake.file_fetched").count() == 1


def test_an_error_file_corrected_and_imported_again_brings_the_rest(maker: Client) -> None:
    template = live_template()
    job = begun(maker, template)
    run_job(job.pk)
    job.refresh_from_db()
    uid = dict(job.result["files"])["csv"]
    answer = maker.get(f"/admin/intake/job/files/{uid}/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    corrected = text.replace("CC,", "CCCC3333,").replace("AAAA1111,", "DDDD4444,")

    second = begun(maker, template, corrected, file_name="改.csv")
    run_job(second.pk)

    assert Coupon.objects.count() == 4
    second.refresh_from_db()
    assert second.result["files"] == []


@pytest.mark.parametrize("role", ["viewer", "checker", "administrator", "branch"])
def test_who_may_not_import_sees_no_page_of_it(bank: Any, role: str) -> None:
    template = live_template()
    client = sign_in(make_operator("other", role))

    assert client.get(IMPORT).status_code == 403
    assert send(client, template).status_code == 403
    assert IMPORT not in client.get("/admin/coupons/batch/").content.decode()
    assert not StoredFile.objects.exists()


def test_another_maker_s_upload_is_nothing(maker: Client) -> None:
    address = send(maker, live_template()).headers["Location"]
    other = sign_in(make_operator("other", "maker"))

    assert other.get(address).status_code == 404
    assert columns(other, address).status_code == 404


def test_a_template_that_is_not_published_is_not_offered(maker: Client) -> None:
    draft = make_template()

    answer = send(maker, draft)

    assert answer.status_code == 400
    assert not StoredFile.objects.exists()


def test_too_large_a_file_gets_a_sentence(maker: Client, settings: Any) -> None:
    template = live_template()
    settings.UPLOAD_MAX_BYTES = 2**20

    answer = send(maker, template, b"x" * 1_200_000)

    assert answer.status_code == 400
    assert "At most 1.0\xa0MB are accepted" in answer.content.decode()


def test_a_large_upload_has_no_name_on_the_disk(
    maker: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    seen: list[list[Path]] = []
    original = importing.IMPORT_PERMISSION
    from coupons.importing_pages import pages

    def watched(**given: Any) -> StoredFile:
        seen.append(list(folder.iterdir()))
        return StoredFile.objects.create(name="x", size=1, created_at=timezone.now())

    monkeypatch.setattr(pages, "store", watched)
    send(maker, live_template(), "券码\n" + "A" * 5000)

    assert seen == [[]]
    assert original == "coupons.add_batch"


def test_a_killed_import_goes_on_where_it_stopped(
    maker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between loading and keeping the error files: they are found and kept then."""
    from coupons.importing_pages import jobs

    class Killed(BaseException):
        pass

    job = begun(maker, live_template())
    kept = jobs._kept_files

    def killed(*_given: Any) -> Any:
        raise Killed

    monkeypatch.setattr(jobs, "_kept_files", killed)
    monkeypatch.setattr("shutil.rmtree", lambda *given, **more: None)
    with pytest.raises(Killed):
        run_job(job.pk)
    monkeypatch.undo()
    Job.objects.filter(pk=job.pk).update(state="queued")
    assert jobs._kept_files is kept

    assert run_job(job.pk) == "done"

    job.refresh_from_db()
    assert (job.attempt, job.result["imported"]) == (2, 2)
    assert [kind for kind, _uid in job.result["files"]] == ["xlsx", "csv"]
    assert Batch.objects.get().outcome["files"] == job.result["files"]


def test_a_cancelled_import_leaves_no_batch_and_no_file(maker: Client) -> None:
    job = begun(maker, live_template())

    cancel_job(actor=people()[0], job=job)

    batch = Batch.objects.get()
    assert batch.state == BatchState.DISCARDED
    assert StoredFile.objects.get(uid=job.params["file"]).stored_as == ""
    assert run_job(job.pk) == ""


def test_back_and_reload_lead_to_the_job(maker: Client) -> None:
    address = send(maker, live_template()).headers["Location"]
    answer = columns(maker, address)
    run_job(Job.objects.get().pk)

    again = maker.get(address)

    assert (again.status_code, again.headers["Location"]) == (302, answer.headers["Location"])


# --- generation -----------------------------------------------------------------------------------
GENERATE = "/admin/coupons/batch/generate/"


def wanted(template: Any, **more: Any) -> dict[str, Any]:
    return {"template": template.pk, "count": "1000", "length": "16", "code_prefix": "FX-"} | more


def test_codes_are_generated_into_a_loaded_batch(maker: Client) -> None:
    answer = maker.post(GENERATE, wanted(live_template()))
    job = Job.objects.get()
    assert answer.headers["Location"] == f"/admin/intake/job/{job.pk}/change/"

    assert run_job(job.pk) == "done"

    batch = Batch.objects.get()
    assert (batch.state, batch.count, batch.total_cents) == (BatchState.LOADED, 1000, 500_000)
    job.refresh_from_db()
    assert (job.done, job.total) == (1000, 1000)
    assert "5,000.00" in maker.get(answer.headers["Location"]).content.decode()


def test_a_refused_generation_begins_nothing(maker: Client) -> None:
    answer = maker.post(GENERATE, wanted(live_template(), length="6"))

    assert answer.status_code == 400
    assert "random characters" in answer.content.decode()
    assert not Job.objects.exists()
    assert not Batch.objects.exists()


def test_a_face_value_in_yuan_becomes_cents(maker: Client) -> None:
    template = live_template(
        kind="third_party", threshold_cents=0, face_min_cents=100, face_max_cents=200_000
    )
    assert maker.post(GENERATE, wanted(template)).status_code == 400

    maker.post(GENERATE, wanted(template, face="19.99", count="2"))

    assert Batch.objects.get().wanted["face_cents"] == 1999


@pytest.mark.parametrize("role", ["viewer", "checker", "administrator", "branch"])
def test_who_may_not_import_generates_nothing(bank: Any, role: str) -> None:
    client = sign_in(make_operator("other", role))

    assert client.post(GENERATE, wanted(live_template())).status_code == 403
    assert not Job.objects.exists()
