"""How far a job is, in words for the page that waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from intake.choices import OPEN_JOBS, JobState
from intake.models import Job
from intake.reaping import SILENT


@dataclass(frozen=True, slots=True)
class Standing:
    is_open: bool
    # Per cent; None = nobody knows how much there is to do.
    percent: int | None
    # "12,000 of 20,000", or what is done so far.
    amount: str
    step: str
    elapsed: str
    # The worker has been silent: the work is taken up again soon.
    is_silent: bool


def standing_of(job: Job, now: datetime) -> Standing:
    is_open = job.state in OPEN_JOBS
    last = job.heartbeat_at
    is_running = job.state == JobState.RUNNING
    return Standing(
        is_open=is_open,
        percent=_percent(job),
        amount=_amount(job),
        step=_step(job) if is_open else "",
        elapsed=_elapsed(job, now),
        is_silent=is_running and last is not None and now - last > SILENT / 2,
    )


def _percent(job: Job) -> int | None:
    if job.state == JobState.DONE:
        return 100
    if not job.total:
        return None
    return min(99, job.done * 100 // job.total)


def _amount(job: Job) -> str:
    if job.total:
        given = {"done": f"{job.done:,}", "total": f"{job.total:,}"}
        return _("%(done)s of %(total)s") % given
    return f"{job.done:,}" if job.done else ""


def _step(job: Job) -> str:
    if job.state == JobState.QUEUED:
        return _("Waiting for a free worker")
    return job.step or _("Beginning")


def _elapsed(job: Job, now: datetime) -> str:
    if job.started_at is None:
        return ""
    seconds = max(0, int(((job.finished_at or now) - job.started_at).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds}
    return _("%(seconds)d s") % {"seconds": seconds}
