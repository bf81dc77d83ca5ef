from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.models import AuditEvent
from campaigns import events
from campaigns.importing import taking_files
from campaigns.importing.event_files import parsers
from campaigns.importing.jobs import start_import
from campaigns.importing.taking_files import TakenFile, take_event_file
from campaigns.models import CampaignAccount, Event, Participation
from intake.errors import BadValue, FileRefused
from intake.models import Job
from intake.running import run_job
from operators.errors import NotAllowed
from tests.approvals.people import make_operator, sign_in
from tests.campaigns.making import a_campaign, a_customer
from tests.coupons.making import people
from tests.operators.people import make_branch

HEADERS = "事件号,事件类型,客户号,发生时间,金额,场景,冲正事件号"


def ago(minutes: int = 5) -> str:
    at = timezone.localtime() - timedelta(minutes=minutes)
    return at.strftime("%Y/%m/%d %H:%M")


def file_of(folder: Path, *lines: str, encoding: str = "gb18030", headers: str = HEADERS) -> Path:
    path = folder / "事件.csv"
    path.write_bytes("\r\n".join([headers, *lines]).encode(encoding))
    return path


def take(path: Path, *, dry_run: bool = False) -> TakenFile:
    return take_event_file(
        actor=people()[0], path=path, name=path.name, error_folder=path.parent,
        at=timezone.now(), dry_run=dry_run,
    )  # fmt: skip


def test_good_rows_are_rewarded_bad_ones_come_back_and_twice_is_once(
    bank: Any, tmp_path: Path
) -> None:
    campaign = a_campaign()
    a_customer("C1")
    path = file_of(
        tmp_path,
        f"P-1,支付,C1,{ago()},￥50.00,话费充值,",
        f"P-2,payment,C2,{ago()},\"1,234.50\",top_up,",
        f"P-3,支付,C3,{ago()},49.99,话费充值,",
        f"P-4,存款,C4,{ago()},50,话费充值,",
        f"P-5,支付,C5,{ago(-60)},50,话费充值,",
        "P 6,支付,C6,2026-07-01,abc,话费充值,",
        f"P-1,支付,C1,{ago()},￥50.00,话费充值,",
        f"P-7,支付,C2,{ago(1)},,话费充值,P-2",
    )  # fmt: skip

    first, second = take(path), take(path)

    assert (first.rows, first.taken, first.rejected) == (8, 4, 3)
    assert (first.rewarded, first.no_campaign, first.reversals) == (2, 1, 1)
    assert first.duplicates == 1
    assert [each["row"] for each in first.reasons] == [5, 6, 7]
    reasons = [str(each["reason"]) for each in first.reasons]
    assert "is no kind of event; known are: 支付 (payment)" in reasons[0]
    assert "lies in the future" in reasons[1]
    assert all(word in reasons[2] for word in ("事件号", "发生时间", "no time of the day", "金额"))
    assert (second.taken, second.duplicates, second.rejected) == (0, 5, 3)
    assert CampaignAccount.objects.get(campaign=campaign).committed_cents == 500
    assert len(first.error_files) == 2
    assert AuditEvent.objects.filter(event=events.FILE_TAKEN).count() == 2


def test_a_job_that_was_killed_midway_tells_what_it_had_taken_as_taken(
    bank: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_campaign()
    lines = [f"P-{number},支付,C1,{ago()},50,话费充值," for number in (0, 1, 2, 1, 3)]
    take(file_of(tmp_path, lines[0], headers=HEADERS))
    Event.objects.update(received_at=timezone.now() - timedelta(hours=1))
    maker, take_batch = people()[0], taking_files._Taker.take
    content = "\n".join([HEADERS, *lines]).encode()
    job = start_import(actor=maker, file=SimpleUploadedFile("事件.csv", content))

    def killed_at_the_third(taker: Any, rows: list[Any]) -> None:
        if Event.objects.count() == 3:
            raise KeyboardInterrupt
        take_batch(taker, rows)

    monkeypatch.setattr(taking_files, "AT_ONCE", 1)
    with monkeypatch.context() as patch:
        patch.setattr(taking_files._Taker, "take", killed_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            run_job(job.pk)
    assert Event.objects.count() == 3
    Job.objects.filter(pk=job.pk).update(state="queued")

    assert run_job(job.pk) == "done"

    job.refresh_from_db()
    told = {name: job.result[name] for name in ("rows", "taken", "duplicates")}
    assert told == {"rows": 5, "taken": 3, "duplicates": 2}
    assert job.result["rewarded"] + job.result["not_rewarded"] == 3


def test_what_comes_back_can_be_corrected_and_given_in_again(bank: Any, tmp_path: Path) -> None:
    a_campaign()
    found = take(file_of(tmp_path, f"P-1,支付,C1,{ago()},fünfzig,话费充值,"))

    back = next(Path(each) for each in found.error_files if each.endswith(".csv"))
    text = back.read_text("utf-8-sig").replace("fünfzig", "50")
    again = tmp_path / "again.csv"
    again.write_text(text, "utf-8-sig")

    assert take(again).rewarded == 1


def test_only_checking_takes_nothing(bank: Any, tmp_path: Path) -> None:
    a_campaign()
    found = take(file_of(tmp_path, f"P-1,支付,C1,{ago()},50,话费充值,"), dry_run=True)

    assert (found.taken, found.rewarded) == (1, 0)
    assert not Event.objects.exists()
    assert not AuditEvent.objects.filter(event=events.FILE_TAKEN).exists()


@pytest.mark.parametrize(
    ("headers", "line", "sentence"),
    [
        ("事件号,事件类型,客户号", "P-1,支付,C1", "发生时间"),
        (HEADERS + ",金额", "", "both mean"),
        (HEADERS, "", "headers only"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    bank: Any, tmp_path: Path, headers: str, line: str, sentence: str
) -> None:
    lines = [line] if line else []

    with pytest.raises(FileRefused, match=sentence):
        take(file_of(tmp_path, *lines, headers=headers))

    assert not Event.objects.exists()


def test_times_are_shanghais_unless_the_file_says_otherwise() -> None:
    moment = parsers()["occurred_at"]

    assert moment("2026-07-01 18:30").isoformat() == "2026-07-01T18:30:00+08:00"
    assert moment("2026年7月1日 8:05:09").isoformat() == "2026-07-01T08:05:09+08:00"
    assert moment("2026-07-01T18:30:00Z").isoformat() == "2026-07-01T18:30:00+00:00"
    for wrong in ("2026-07-01", "2026-02-30 10:00", "2026-07-01 25:00", "yesterday"):
        with pytest.raises(BadValue):
            moment(wrong)


def test_people_of_a_branch_and_viewers_import_nothing(bank: Any, tmp_path: Path) -> None:
    path = file_of(tmp_path, f"P-1,支付,C1,{ago()},50,话费充值,")
    local = make_operator("local", "maker", branch=make_branch("0101"))

    for person in (make_operator("looks-on", "viewer"), make_operator("b", "branch")):
        with pytest.raises(NotAllowed):
            take_event_file(
                actor=person, path=path, name="x.csv", error_folder=tmp_path, at=timezone.now()
            )
        assert sign_in(person).get("/admin/campaigns/event/import/").status_code == 403
    assert sign_in(local).get("/admin/campaigns/event/import/").status_code in (200, 403)


def test_the_page_begins_a_job_that_takes_the_events(bank: Any) -> None:
    from intake.running import run_job

    a_campaign()
    maker = sign_in(people()[0])
    line = f"P-1,支付,C1,{ago()},50,话费充值,"
    upload = SimpleUploadedFile("事件.csv", f"{HEADERS}\n{line}\nP-2,,,,,,".encode())
    page = maker.get("/admin/campaigns/event/import/")
    assert "支付 (payment)" in page.content.decode()

    answer = maker.post("/admin/campaigns/event/import/", {"file": upload})
    job = Job.objects.get()
    run_job(job.pk)

    assert answer.status_code == 302
    job.refresh_from_db()
    assert (job.result["taken"], job.result["rewarded"], job.result["rejected"]) == (1, 1, 1)
    shown = maker.get(answer.headers["Location"]).content.decode()
    assert "events taken" in shown
    assert Participation.objects.count() == 1
