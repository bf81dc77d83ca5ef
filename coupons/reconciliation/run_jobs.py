"""A day run again from the console: with millions of coupons that takes longer than a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coupons.choices import ReconciliationState
from coupons.reconciliation import services
from intake.jobs import JobKind, Link, Outcome, enqueue_job, register_job_kind

if TYPE_CHECKING:
    from intake.models import Job
    from intake.running import RunningJob
    from operators.models import Operator

NAME = "coupon_reconciliation"


def begin_run(*, actor: Operator, day: date, at: datetime) -> Job:
    services.require_over(day, at)
    return enqueue_job(
        actor=actor, kind=NAME, title=_("Reconciliation of %(day)s") % {"day": day.isoformat()},
        params={"day": day.isoformat()}, at=at,
    )  # fmt: skip


def run(job: RunningJob) -> Mapping[str, Any]:
    job.told(0, 1, _("comparing stock and ledger"))
    day = date.fromisoformat(job.params["day"])
    kept = services.reconcile_day(day=day, at=timezone.now(), actor=job.row.created_by)
    job.told(1, 1)
    return {"state": kept.state, "breaks": len(kept.breaks), "reconciliation": kept.pk}


def show(job: Job) -> Outcome:
    if "state" not in job.result:
        return Outcome()
    return Outcome(
        facts=(
            (gettext_lazy("result"), str(ReconciliationState(job.result["state"]).label)),
            (gettext_lazy("breaks"), f"{job.result['breaks']:,}"),
        ),
        links=(
            Link(
                gettext_lazy("To the day"), "coupons_reconciliation_change",
                job.result["reconciliation"],
            ),
        ),
    )  # fmt: skip


def register_kind() -> None:
    kind = JobKind(
        NAME, gettext_lazy("coupon reconciliation"), run, permission=services.PERMISSION, show=show
    )
    register_job_kind(kind)
