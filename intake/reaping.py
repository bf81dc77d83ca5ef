"""Jobs that nobody works on: of workers that died, and of messages that were lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from psycopg import sql

from intake.choices import OPEN_JOBS, JobState
from intake.jobs import MAX_ATTEMPTS, job_kind
from intake.models import Job
from intake.running import fail_job
from tenants.tasks_api import enqueue_on_commit

# A worker that lives writes every five seconds.
SILENT = timedelta(seconds=60)
# A full queue is no lost message: asked again at long intervals.
UNHEARD = timedelta(minutes=5)


def requeue_lost(*, at: datetime | None = None) -> int:
    """In the current schema; how many were taken up. Safe to run twice, and by many at once."""
    at = at or timezone.now()
    lost = Job.objects.filter(_overdue(at)).order_by("pk")
    return sum(_take_up(job, at) for job in lost[:500])


def schemas_with_lost(schemas: Iterable[str], at: datetime) -> list[str]:
    """Which of ``schemas`` have something to take up, in one query."""
    one = sql.SQL(
        "(SELECT {name} AS schema FROM {table}"
        " WHERE state IN ('queued', 'running') AND heartbeat_at < {before} LIMIT 1)"
    )
    parts = [
        one.format(
            name=sql.Literal(schema),
            table=sql.Identifier(schema, Job._meta.db_table),
            before=sql.Literal(at - SILENT),
        )
        for schema in _having_table(schemas)
    ]
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        return [row[0] for row in cursor.fetchall()]


def _having_table(schemas: Iterable[str]) -> list[str]:
    """A bank that is not upgraded yet must not stop the others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname = %s AND c.relkind IN ('r', 'p') AND n.nspname = ANY(%s)",
            [Job._meta.db_table, sorted(schemas)],
        )
        return [row[0] for row in cursor.fetchall()]


def _overdue(at: datetime) -> Q:
    return Q(state=JobState.RUNNING, heartbeat_at__lt=at - SILENT) | Q(
        state=JobState.QUEUED, heartbeat_at__lt=at - UNHEARD
    )


def _take_up(job: Job, at: datetime) -> bool:
    as_seen = Q(pk=job.pk, state=job.state, attempt=job.attempt, heartbeat_at=job.heartbeat_at)
    kind = job_kind(job.kind)
    most = kind.max_attempts if kind is not None else MAX_ATTEMPTS
    if job.state == JobState.RUNNING and job.attempt >= most:
        with override(job.language or None):
            return fail_job(job, as_seen, _given_up(job))
    with transaction.atomic():
        taken = Job.objects.filter(as_seen, state__in=OPEN_JOBS).update(
            state=JobState.QUEUED, heartbeat_at=at
        )
        if taken:
            enqueue_on_commit("intake.tasks.run_job", job.pk)
    return bool(taken)


def _given_up(job: Job) -> str:
    return _(
        "The work was interrupted %(count)s times and has been given up. Begin it again; if it is "
        "interrupted again, tell your administrator the number %(number)s."
    ) % {"count": job.attempt, "number": job.uid}
