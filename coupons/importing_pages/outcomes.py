"""On the page of a batch: what became of its file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from coupons.choices import BatchOrigin, BatchState
from coupons.importing_pages.jobs import labelled
from coupons.models import Batch
from intake.jobs import may_see
from intake.models import Job
from intake.showing import fetchable


def outcome_context(request: HttpRequest, batch: Batch, site: str) -> dict[str, Any]:
    """``job``: only for those who may see it."""
    found = batch.outcome
    job = Job.objects.filter(uid=batch.job_uid).first() if batch.job_uid else None
    operator: Any = request.user
    is_shown = job is not None and operator.has_perm("intake.view_job") and may_see(operator, job)
    return {
        "outcome": found if batch.origin == BatchOrigin.IMPORT else {},
        "is_loading": batch.state == BatchState.LOADING,
        "job_address": reverse(f"{site}:intake_job_change", args=[job.pk])
        if job is not None and is_shown
        else "",
        "files": fetchable(request, site, labelled(found.get("files", []))),
    }
