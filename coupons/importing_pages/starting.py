"""From a file that was looked into to a batch that is being loaded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coupons.choices import BatchState
from coupons.errors import BatchRefused
from coupons.importing_pages.jobs import GENERATE, IMPORT
from coupons.models import Batch, ColumnMapping, CouponTemplate
from coupons.stock.generating import DEFAULT_LENGTH, generate_batch
from coupons.stock.importing import begin_import
from intake.choices import OPEN_JOBS
from intake.jobs import enqueue_job
from intake.models import Job, StoredFile
from intake.stored_files import plain_path

if TYPE_CHECKING:
    from operators.models import Operator


def start_import(
    *,
    actor: Operator,
    stored: StoredFile,
    template: CouponTemplate,
    mapping: Mapping[str, str],
    name: str = "",
    all_or_nothing: bool = False,
    at: datetime | None = None,
) -> Job:
    """A batch and the job that loads it, both or neither. Raises ``FileRefused``,
    ``AlreadyImported``, ``BatchRefused``."""
    at = at or timezone.now()
    with plain_path(stored) as path, transaction.atomic():
        job = enqueue_job(
            actor=actor, kind=IMPORT, title=name or stored.name,
            params={"file": str(stored.uid)}, at=at,
        )  # fmt: skip
        batch = begin_import(
            actor=actor, template=template, path=path, file_name=Path(stored.name).name, name=name,
            all_or_nothing=all_or_nothing, mapping=dict(mapping), job_uid=job.uid, at=at,
        )  # fmt: skip
        _take_over(batch, job)
        remember_mapping(template, mapping, at)
    return job


def start_generation(
    *,
    actor: Operator,
    template: CouponTemplate,
    count: int,
    face_cents: int | None = None,
    prefix: str = "",
    length: int = DEFAULT_LENGTH,
    digits_only: bool = False,
    name: str = "",
    at: datetime | None = None,
) -> Job:
    """A batch and the job that makes its coupons. Raises ``BatchRefused``."""
    with transaction.atomic():
        job = enqueue_job(actor=actor, kind=GENERATE, title=name or template.title, at=at)
        generate_batch(
            actor=actor, template=template, count=count, face_cents=face_cents, prefix=prefix,
            length=length, digits_only=digits_only, name=name, job_uid=job.uid, at=at,
        )  # fmt: skip
    return job


def _take_over(batch: Batch, job: Job) -> None:
    """A batch that a killed process left comes back from ``begin_import``; one that waits for its
    own job does as well, and stays with it."""
    if batch.job_uid == job.uid:
        return
    if batch.job_uid and Job.objects.filter(uid=batch.job_uid, state__in=OPEN_JOBS).exists():
        raise BatchRefused(
            _("This file is being imported already: batch “%(name)s”.") % {"name": batch.name},
            code="batch_busy",
        )
    taken = Batch.objects.filter(
        pk=batch.pk, state=BatchState.LOADING, job_uid=batch.job_uid
    ).update(job_uid=job.uid)
    if not taken:
        raise BatchRefused(_("Somebody else has just begun to import this file."))


def remember_mapping(template: CouponTemplate, mapping: Mapping[str, str], at: datetime) -> None:
    """For the next file of this template, beside what was learnt from earlier ones."""
    known = ColumnMapping.objects.filter(template=template).first()
    headers = {**(known.headers if known is not None else {}), **mapping}
    ColumnMapping.objects.update_or_create(
        template=template, defaults={"headers": headers, "changed_at": at}
    )
