from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import override

from audit.errors import DomainError
from audit.models import AuditEvent
from intake import jobs, reaping, running
from intake.choices import JobState
from intake.errors import JobRefused, JobStopped
from intake.jobs import JobKind, cancel_job, enqueue_job
from intake.models import Job
from intake.running import RunningJob, run_job
from operators.errors import NotAllowed
from tests.approvals.people import make_operator
from tests.approvals.racing import at_once, racing_bank

pytestmark = pytest.mark.django_db

Work = Callable[[RunningJob], Mapping[str, Any]]


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Job]]:
    """Registers the kind "trial" with a piece of work; gives the list of jobs it was given up."""
    monkeypatch.setattr(jobs, "_kinds", {})

    def register(work: Work, **more: Any) -> list[Job]:
        given_up: list[Job] = []
        jobs.register_job_kind(
            JobKind("trial", "Trial", work, "intake.view_job", given_up=given_up.append, **more)
        )
        return given_up

    return register


def begin(**params: Any) -> Job:
    maker = make_operator("maker", "maker")
    return enqueue_job(actor=maker, kind="trial", title="Trial work", params=params)


def aged(job: Job, **by: int) -> None:
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(**by))


def test_a_job_runs_once_and_keeps_its_result(bank: Any, kind: Any) -> None:
    def work(job: RunningJob) -> dict[str, Any]:
        job.told(3, 7, "halfway")
        return {"sum": sum(job.params["numbers"])}

    kind(work)
    job = begin(numbers=[1, 2, 3])

    assert run_job(job.pk) == "done"
    assert run_job(job.pk) == ""

    job.refresh_from_db()
    assert (job.state, job.result, job.attempt) == ("done", {"sum": 6}, 1)
    assert (job.done, job.total, job.step) == (7, 7, "")
    assert job.finished_at is not None
    assert AuditEvent.objects.filter(event="intake.job_begun", target_id=str(job.pk)).count() == 1


def test_only_who_holds_the_permission_begins_a_job(bank: Any, kind: Any) -> None:
    kind(lambda job: {})
    viewer = make_operator("viewer", "viewer")

    with pytest.raises(NotAllowed):
        enqueue_job(actor=viewer, kind="trial", title="Trial work")
    assert Job.objects.count() == 0


def test_a_refusal_becomes_the_sentence_of_the_job(bank: Any, kind: Any) -> None:
    def work(job: RunningJob) -> dict[str, Any]:
        raise DomainError("The file has no rows.")

    given_up = kind(work)
    job = begin()

    assert run_job(job.pk) == "failed"

    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "The file has no rows.")
    assert given_up == [job]


def test_a_fault_is_told_without_its_inside(bank: Any, kind: Any) -> None:
    def work(job: RunningJob) -> dict[str, Any]:
        raise ZeroDivisionError("a secret of the inside")

    kind(work)
    job = begin()
    run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert str(job.uid) in job.error
    assert "secret" not in job.error


def test_what_a_lost_database_interrupts_waits_for_the_next_attempt(bank: Any, kind: Any) -> None:
    def work(job: RunningJob) -> dict[str, Any]:
        raise OperationalError("server closed the connection")

    kind(work)
    job = begin()
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == ("running", "")


def test_a_silent_job_is_queued_again_and_the_old_worker_notices(bank: Any, kind: Any) -> None:
    seen: list[str] = []

    def work(job: RunningJob) -> dict[str, Any]:
        seen.append(f"attempt {job.row.attempt}")
        if job.row.attempt == 1:
            aged(job.row, seconds=61)
            assert reaping.requeue_lost() == 1
            assert run_job(job.row.pk) == "done"
            job.told(1)
        return {"by": job.row.attempt}

    kind(work)
    job = begin()

    assert run_job(job.pk) == ""

    job.refresh_from_db()
    assert seen == ["attempt 1", "attempt 2"]
    assert (job.state, job.attempt, job.result) == ("done", 2, {"by": 2})


def test_a_worker_that_was_taken_over_cannot_finish_the_job(bank: Any, kind: Any) -> None:
    def work(job: RunningJob) -> dict[str, Any]:
        Job.objects.filter(pk=job.row.pk).update(attempt=2)
        return {"by": "the first"}

    kind(work)
    job = begin()

    assert run_job(job.pk) == ""

    job.refresh_from_db()
    assert (job.state, job.result) == ("running", {})


def test_a_job_that_dies_again_and_again_is_given_up(bank: Any, kind: Any) -> None:
    def work(job: RunningJob) -> dict[str, Any]:
        raise OperationalError("killed")

    given_up = kind(work)
    job = begin()
    for _attempt in range(3):
        run_job(job.pk)
        aged(job, seconds=61)
        reaping.requeue_lost()

    job.refresh_from_db()
    assert (job.state, job.attempt) == ("failed", 3)
    assert "3" in job.error
    assert given_up == [job]


def test_a_job_whose_message_was_lost_is_told_again(
    bank: Any, kind: Any, django_capture_on_commit_callbacks: Any
) -> None:
    kind(lambda job: {})
    job = begin()
    aged(job, minutes=2)
    assert reaping.requeue_lost() == 0

    aged(job, minutes=6)
    with django_capture_on_commit_callbacks() as messages:
        assert reaping.requeue_lost() == 1
        assert reaping.requeue_lost() == 0

    assert len(messages) == 1
    assert run_job(job.pk) == "done"


def test_a_living_job_is_left_alone(bank: Any, kind: Any) -> None:
    kind(lambda job: {})
    job = begin()
    Job.objects.filter(pk=job.pk).update(state="running", attempt=1)
    aged(job, seconds=50)

    assert reaping.requeue_lost() == 0


def test_one_query_tells_which_schemas_have_lost_jobs(
    alpha: Any, beta: Any, bank: Any, kind: Any
) -> None:
    kind(lambda job: {})
    job = begin()
    schemas = [alpha.schema_name, beta.schema_name, "no_such_schema"]
    assert reaping.schemas_with_lost(schemas, timezone.now()) == []

    aged(job, minutes=6)

    assert reaping.schemas_with_lost(schemas, timezone.now()) == [alpha.schema_name]


def test_a_cancelled_job_does_not_begin(bank: Any, kind: Any) -> None:
    given_up = kind(lambda job: {})
    job = begin()

    cancel_job(actor=job.created_by, job=job)

    assert run_job(job.pk) == ""
    assert given_up == [job]
    with pytest.raises(JobRefused):
        cancel_job(actor=job.created_by, job=job)


def test_a_running_job_stops_at_its_next_step_when_it_is_cancelled(bank: Any, kind: Any) -> None:
    steps: list[int] = []

    def work(job: RunningJob) -> dict[str, Any]:
        job.told(1, 2)
        steps.append(1)
        cancel_job(actor=job.row.created_by, job=job.row)
        job.told(2, 2)
        steps.append(2)
        return {}

    given_up = kind(work)
    job = begin()

    assert run_job(job.pk) == ""

    job.refresh_from_db()
    assert (job.state, steps) == ("cancelled", [1])
    assert given_up == [job]


def test_somebody_elses_job_is_cancelled_by_administrators_only(bank: Any, kind: Any) -> None:
    kind(lambda job: {})
    job = begin()

    with pytest.raises(NotAllowed):
        cancel_job(actor=make_operator("other", "maker"), job=job)
    cancel_job(actor=make_operator("boss", "administrator"), job=job)

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_sentences_are_written_in_the_language_of_who_began(bank: Any, kind: Any) -> None:
    def work(job: RunningJob) -> dict[str, Any]:
        raise ZeroDivisionError

    kind(work)
    with override("en"):
        job = begin()
    with override("zh-hans"):
        run_job(job.pk)

    job.refresh_from_db()
    assert job.error.startswith("An unexpected fault")


@pytest.mark.django_db(transaction=True)
def test_signs_of_life_are_seen_while_the_work_is_in_its_transaction(kind: Any) -> None:
    """On real connections: one works in a transaction, another writes for it, a third looks."""
    seen: list[tuple[int, str]] = []

    def work(job: RunningJob) -> dict[str, Any]:
        pk = job.row.pk
        with transaction.atomic():
            Job.objects.count()
            job.told(5, 10, "reading")
            seen.extend(at_once(bank, lambda: told(pk)))
            at_once(bank, lambda: Job.objects.filter(pk=pk).update(state="cancelled"))
            for _each in range(100):
                time.sleep(0.1)
                job.told(6, 10)
        return {}

    def told(pk: int) -> tuple[int, str]:
        row = Job.objects.get(pk=pk)
        for _each in range(100):
            if row.done:
                break
            time.sleep(0.1)
            row.refresh_from_db()
        return row.done, row.step

    with racing_bank() as bank:
        given_up = kind(work)
        job = Job.objects.create(kind="trial", title="Trial work", created_at=timezone.now())

        assert run_job(job.pk) == ""

        assert seen == [(5, "reading")]
        assert [each.pk for each in given_up] == [job.pk]


def test_the_folder_of_a_killed_run_is_found_again_and_goes_with_the_next(
    bank: Any, kind: Any
) -> None:
    kind(lambda job: {})
    running_job = RunningJob(begin())
    killed = running_job.folder()
    (killed.__enter__() / "errors.csv").write_text("1234")

    with running_job.folder() as folder:
        assert [path.name for path in folder.iterdir()] == ["errors.csv"]
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_stopping_is_no_error_of_the_domain() -> None:
    """A kind's ``except DomainError`` must not swallow it."""
    assert not issubclass(JobStopped, DomainError)
    assert Job._meta.get_field("step").max_length == running.STEP_LENGTH
