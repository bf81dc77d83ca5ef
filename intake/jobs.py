"""Work that takes longer than a request: its kinds, how it is begun and how it is called off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.services import record
from intake import events
from intake.choices import OPEN_JOBS, JobState
from intake.errors import JobRefused
from intake.models import Job
from operators.errors import NotAllowed
from operators.permissions import require
from tenants.tasks_api import enqueue_on_commit

if TYPE_CHECKING:
    from datetime import datetime

    from intake.running import RunningJob
    from operators.models import Operator

SEE_EVERY_JOB = "intake.see_every_job"
# Beginnings of one job: a worker may die three times before people have to look.
MAX_ATTEMPTS = 3
TITLE_LENGTH = 200
TIDIED_AFTER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Link:
    """To a page of the same console: its address name without the console's."""

    label: str | Promise
    view: str
    pk: Any = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished job has to show; made when it is looked at, in the reader's language."""

    facts: tuple[tuple[str | Promise, str], ...] = ()
    links: tuple[Link, ...] = ()
    # Uids of stored files, with the words of the button.
    files: tuple[tuple[str | Promise, str], ...] = ()
    # The first rows of a file that came back, with their reasons.
    came_back: tuple[tuple[int, str], ...] = ()
    note: str | Promise = ""


@dataclass(frozen=True, slots=True)
class JobKind:
    """``run`` may be begun again from the start after any kill: it must notice what it has done
    already. It returns the result, a small JSON document."""

    name: str
    label: str | Promise
    run: Callable[[RunningJob], Mapping[str, Any]]
    # Who may begin one.
    permission: str
    show: Callable[[Job], Outcome] = field(default=lambda job: Outcome())
    # Undoes what is half done, when the job has failed for good or was cancelled; perhaps twice.
    given_up: Callable[[Job], None] = field(default=lambda job: None)
    max_attempts: int = MAX_ATTEMPTS
    # Called as the job is done, in the transaction that says so.
    over: Callable[[Job], None] = field(default=lambda job: None)
    # Jobs of this kind that the operator may not see, even their own; None = there are none.
    hidden_from: Callable[[Operator], Q | None] = field(default=lambda operator: None)


_kinds: dict[str, JobKind] = {}


def register_job_kind(kind: JobKind) -> None:
    known = _kinds.setdefault(kind.name, kind)
    if known != kind:
        raise ValueError(f"The job kind {kind.name!r} is registered twice, differently.")


def job_kinds() -> list[JobKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def job_kind(name: str) -> JobKind | None:
    """None for a kind of an older release."""
    return _kinds.get(name)


def enqueue_job(
    *,
    actor: Operator,
    kind: str,
    title: str,
    params: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Job:
    """A row that waits; a worker is told of it once the transaction is committed."""
    require(actor, _kinds[kind].permission)
    at = at or timezone.now()
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind, title=title[:TITLE_LENGTH], params=dict(params or {}), created_by=actor,
            created_at=at, heartbeat_at=at, language=get_language() or "",
        )  # fmt: skip
        record(events.JOB_BEGUN, actor=actor, target=job, after={"kind": kind}, at=at)
        enqueue_on_commit("intake.tasks.run_job", job.pk)
    return job


def cancel_job(*, actor: Operator, job: Job, at: datetime | None = None) -> Job:
    """Whoever began it, or who sees every job. A worker that is at it stops at its next step."""
    require_sight(actor, job)
    at = at or timezone.now()
    with transaction.atomic():
        stopped = Job.objects.filter(pk=job.pk, state__in=OPEN_JOBS).update(
            state=JobState.CANCELLED, finished_at=at
        )
        if not stopped:
            raise JobRefused(_("This job is over already."))
        job.refresh_from_db()
        record(events.JOB_CANCELLED, actor=actor, target=job, at=at)
        if job.attempt == 0:
            give_up(job)
        else:
            # The worker may hold what is to be undone: it does so itself, unless it is dead.
            enqueue_on_commit("intake.tasks.tidy_cancelled", job.pk, countdown=TIDIED_AFTER_SECONDS)
    return job


def give_up(job: Job) -> None:
    kind = job_kind(job.kind)
    if kind is not None:
        kind.given_up(job)


def visible_to(operator: Operator, jobs: QuerySet[Job]) -> QuerySet[Job]:
    """One's own; everybody's for those who look after them; less what a kind hides."""
    found = jobs if operator.has_perm(SEE_EVERY_JOB) else jobs.filter(created_by=operator)
    for kind in job_kinds():
        hidden = kind.hidden_from(operator)
        if hidden is not None:
            found = found.exclude(hidden & Q(kind=kind.name))
    return found


def may_see(operator: Operator, job: Job) -> bool:
    is_own = job.created_by_id is not None and job.created_by_id == operator.pk
    return is_own or operator.has_perm(SEE_EVERY_JOB)


def require_sight(operator: Operator, job: Job) -> None:
    if not operator.is_active or not may_see(operator, job):
        raise NotAllowed(_("You are not allowed to do this."))
