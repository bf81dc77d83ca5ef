"""Large exports: made in the background, kept encrypted, for a day and for whoever asked."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coupons import exports
from coupons.exports import PERMISSION
from coupons.stock import listing
from coupons.stock.listing import Asked
from intake import stored_files
from intake.jobs import JobKind, Outcome, enqueue_job, register_job_kind
from operators.permissions import require

if TYPE_CHECKING:
    from intake.models import Job
    from intake.running import RunningJob
    from operators.models import Operator

NAME = "coupon_export"
KEPT = timedelta(hours=24)


def begin_export(*, actor: Operator, asked: Asked, told: dict[str, Any], at: datetime) -> Job:
    """As .csv: a sheet of a workbook does not hold as many rows as there may be coupons."""
    require(actor, PERMISSION)
    params = {"asked": _as_json(asked), "told": told, "at": at.isoformat()}
    return enqueue_job(
        actor=actor, kind=NAME, title=_("Export of coupons"), params=params, at=at
    )  # fmt: skip


def run(job: RunningJob) -> Mapping[str, Any]:
    at = datetime.fromisoformat(job.params["at"])
    asked = _from_json(job.params["asked"])
    step = _("writing rows")
    with job.folder() as folder, tempfile.TemporaryFile(dir=folder) as file:
        batches = listing.decided_batches()
        plain = cast("IO[bytes]", file)
        rows = exports.write_coupons(
            asked, batches, "csv", plain, at, lambda done: job.told(done, step=step)
        )
        uid = _keep(job, plain, rows)
    return {"rows": rows, "file": uid}


def _keep(job: RunningJob, file: IO[bytes], rows: int) -> str:
    actor, now = job.row.created_by, timezone.now()
    with transaction.atomic():
        stored = stored_files.store(
            actor=actor, file=file, name=f"coupons-{timezone.localtime(now):%Y%m%d-%H%M%S}.csv",
            expires_at=now + KEPT, at=now,
        )  # fmt: skip
        told = {"format": "csv", **job.params["told"]}
        exports.record_export(actor, rows, told, None)
    return str(stored.uid)


def show(job: Job) -> Outcome:
    if "file" not in job.result:
        return Outcome()
    return Outcome(
        facts=((gettext_lazy("coupons"), f"{job.result['rows']:,}"),),
        files=((gettext_lazy("Download"), job.result["file"]),),
    )


def register_kind() -> None:
    register_job_kind(
        JobKind(NAME, gettext_lazy("export of coupons"), run, permission=PERMISSION, show=show)
    )


def _as_json(asked: Asked) -> dict[str, Any]:
    return {
        "state": asked.state, "template": asked.template_id, "batch": asked.batch_id,
        "branches": list(asked.branches) if asked.branches is not None else None,
        "customers": list(asked.customers) if asked.customers is not None else None,
    }  # fmt: skip


def _from_json(given: Mapping[str, Any]) -> Asked:
    branches, customers = given["branches"], given["customers"]
    return Asked(
        state=given["state"], template_id=given["template"], batch_id=given["batch"],
        branches=tuple(branches) if branches is not None else None,
        customers=tuple(customers) if customers is not None else None,
    )  # fmt: skip
