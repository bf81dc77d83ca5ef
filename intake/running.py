"""One run of a job in a worker: claimed, kept alive, and finished only by who still holds it."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override
from django_tenants.utils import tenant_context

from audit.errors import DomainError
from intake.choices import JobState
from intake.errors import JobStopped
from intake.jobs import give_up, job_kind
from intake.models import Job
from tenants.encryption import CannotDecrypt

logger = logging.getLogger(__name__)

# How often what was told is written down, and how often a sign of life at the latest.
TELL_SECONDS = 1
BEAT_SECONDS = 5
STEP_LENGTH = 200


@dataclass(slots=True)
class Progress:
    done: int = 0
    total: int = 0
    step: str = ""


class RunningJob:
    """What a kind's ``run`` is given."""

    def __init__(self, job: Job) -> None:
        self.row = job
        self.params: Mapping[str, Any] = job.params
        self.progress = Progress()
        self.is_lost = False
        self._inline: Pulse | None = None

    @property
    def still_held(self) -> Q:
        return Q(pk=self.row.pk, state=JobState.RUNNING, attempt=self.row.attempt)

    def told(self, done: int, total: int = 0, step: str | Promise = "") -> None:
        """How far it is; costs nothing, so tell it often. Raises ``JobStopped`` when the job was
        cancelled or another worker has taken it over."""
        progress = self.progress
        self.progress = Progress(done, total or progress.total, str(step)[:STEP_LENGTH])
        if not step:
            self.progress.step = progress.step
        if self._inline is not None:
            self._inline.beat()
        if self.is_lost:
            raise JobStopped

    @contextmanager
    def alive(self) -> Iterator[None]:
        pulse = Pulse(self)
        if connection.in_atomic_block:
            # Nobody else could see the row: no other connection can write for us.
            self._inline = pulse
            yield
            return
        pulse.start()
        try:
            yield
        finally:
            pulse.stop()

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A private folder for what is made on the way. What a killed run left there is found, if
        it ran on the same machine; at the end of this one it goes."""
        name = f"fuxiang-job-{connection.schema_name}-{self.row.uid}"
        place = Path(tempfile.gettempdir()) / name
        place.mkdir(mode=0o700, exist_ok=True)
        if place.is_symlink() or place.stat().st_uid != os.getuid():
            raise PermissionError(f"{place} belongs to somebody else.")
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


class Pulse(threading.Thread):
    """Writes signs of life and progress over a connection of its own: the work may stand in a
    transaction that nobody sees into, for minutes."""

    def __init__(self, running: RunningJob) -> None:
        super().__init__(name="job-pulse", daemon=True)
        self._running, self._tenant = running, connection.tenant
        self._ended = threading.Event()
        self._written: Progress | None = None
        self._beaten_at = timezone.now()

    def run(self) -> None:
        with tenant_context(self._tenant):
            while not self._ended.wait(TELL_SECONDS):
                try:
                    self.beat()
                except (DatabaseError, InterfaceError):
                    logger.warning("intake.pulse_not_written", exc_info=True)
                    connection.close()
        connection.close()

    def beat(self) -> None:
        now, progress = timezone.now(), self._running.progress
        is_due = (now - self._beaten_at).total_seconds() >= BEAT_SECONDS
        if progress == self._written and not is_due:
            return
        held = Job.objects.filter(self._running.still_held).update(
            heartbeat_at=now, done=progress.done, total=progress.total, step=progress.step
        )
        self._written, self._beaten_at = progress, now
        if not held:
            self._running.is_lost = True

    def stop(self) -> None:
        self._ended.set()
        self.join()


def run_job(job_id: int) -> str:
    """Run a queued job of the current schema; says how it ended, empty = it was not ours to run."""
    job = _claim(job_id)
    if job is None:
        return ""
    with override(job.language or None):
        return _run(RunningJob(job))


def _claim(job_id: int) -> Job | None:
    """One of many workers gets it: by the number of the attempt."""
    job = Job.objects.filter(pk=job_id, state=JobState.QUEUED).first()
    if job is None:
        return None
    now = timezone.now()
    claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED, attempt=job.attempt).update(
        state=JobState.RUNNING, attempt=job.attempt + 1, heartbeat_at=now, started_at=now,
        done=0, total=0, step="",
    )  # fmt: skip
    if not claimed:
        return None
    job.refresh_from_db()
    return job


def _run(running: RunningJob) -> str:
    kind = job_kind(running.row.kind)
    if kind is None:
        return _failed(running, _("This version of the console does not know this kind of work."))
    try:
        with running.alive():
            result = kind.run(running)
    except JobStopped:
        return _lost(running)
    except (DomainError, CannotDecrypt) as error:
        return _failed(running, str(error))
    except (OperationalError, InterfaceError):
        # The database was away: it is begun again when the heart has been silent for a while.
        logger.warning("intake.job_interrupted", exc_info=True)
        return ""
    except Exception:
        logger.exception("intake.job_broke", extra={"job": str(running.row.uid)})
        return _failed(running, _unexpected(running.row))
    return _finished(running, result)


def _finished(running: RunningJob, result: Mapping[str, Any]) -> str:
    progress, kind = running.progress, job_kind(running.row.kind)
    with transaction.atomic():
        held = Job.objects.filter(running.still_held).update(
            state=JobState.DONE, result=dict(result), finished_at=timezone.now(), step="",
            done=progress.total or progress.done, total=progress.total or progress.done,
        )  # fmt: skip
        if held and kind is not None:
            kind.over(running.row)
    return JobState.DONE.value if held else _lost(running)


def _failed(running: RunningJob, sentence: str) -> str:
    fail_job(running.row, running.still_held, sentence)
    return JobState.FAILED.value


def fail_job(job: Job, condition: Q, sentence: str) -> bool:
    """For good; whether it still was as ``condition`` says."""
    with transaction.atomic():
        held = Job.objects.filter(condition).update(
            state=JobState.FAILED, error=sentence, finished_at=timezone.now()
        )
        if held:
            job.refresh_from_db()
            give_up(job)
    return bool(held)


def tidy_cancelled(job_id: int) -> None:
    """Undoes what a cancelled job left half done; safe to run twice."""
    job = Job.objects.filter(pk=job_id, state=JobState.CANCELLED).first()
    if job is not None:
        with transaction.atomic():
            give_up(job)


def _lost(running: RunningJob) -> str:
    tidy_cancelled(running.row.pk)
    return ""


def _unexpected(job: Job) -> str:
    return _(
        "An unexpected fault interrupted the work. Begin it again; if it fails again, tell your "
        "administrator the number %(number)s."
    ) % {"number": job.uid}
