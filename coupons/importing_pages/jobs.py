"""The work behind the pages: a file into its batch, in a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coupons.choices import BatchState
from coupons.errors import BatchRefused
from coupons.models import Batch
from coupons.stock.discarding import leave
from coupons.stock.generating import load_generated
from coupons.stock.importing import IMPORT_PERMISSION, load_batch
from coupons.stock.outcomes import outcome_of
from coupons.wording import yuan
from intake.choices import JobState
from intake.counting import kind_of, rows_about
from intake.file_jobs import drop_upload, keep_errors
from intake.jobs import JobKind, Link, Outcome, register_job_kind
from intake.models import Job, StoredFile
from intake.stored_files import plain_path, remove

if TYPE_CHECKING:
    from coupons.stock.outcomes import Loaded
    from intake.running import RunningJob

IMPORT, GENERATE = "coupon_import", "coupon_generate"
# A worker that lost the job stops at its next slice; until then the batch is its.
BUSY_SECONDS, BUSY_PAUSE = 60, 2
FILE_LABELS = {
    "xlsx": gettext_lazy("Rows that came back (.xlsx)"),
    "csv": gettext_lazy("Rows that came back (.csv)"),
}


def register_kinds() -> None:
    label = gettext_lazy("coupon import")
    kind = JobKind(IMPORT, label, run_import, IMPORT_PERMISSION, show_batch, give_up_import)
    register_job_kind(kind)
    register_job_kind(
        JobKind(
            GENERATE,
            gettext_lazy("generation of codes"),
            run_generation,
            IMPORT_PERMISSION,
            show_batch,
            give_up_batch,
        )
    )


# --- import ---------------------------------------------------------------------------------------
def run_import(running: RunningJob) -> dict[str, Any]:
    """Begun again after a kill: the batch goes on where it stopped, and what is told stays told."""
    batch = batch_of(running.row)
    stored = StoredFile.objects.get(uid=running.params["file"])
    with running.folder() as folder:
        if batch.state == BatchState.LOADING:
            _load(running, batch, stored, folder)
            batch.refresh_from_db()
        running.told(batch.rows, batch.rows, gettext_lazy("Keeping the rows that came back"))
        files = _kept_files(running, batch, folder)
    loaded = outcome_of(batch)
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(outcome={**batch.outcome, "files": files})
        remove(stored)
    return {"batch": batch.pk, "files": files, **_result(loaded)}


def _load(running: RunningJob, batch: Batch, stored: StoredFile, folder: Path) -> None:
    running.told(0, 0, gettext_lazy("Decrypting the file"))
    with plain_path(stored) as path:
        total = rows_about(path, kind_of(path))
        step = gettext_lazy("Checking, encrypting and storing the rows")
        running.told(0, total, step)

        def progress(rows: int) -> None:
            running.told(rows, max(total, rows), step)

        _once_free(
            running,
            lambda: load_batch(
                batch_id=batch.pk, path=path, progress=progress, error_folder=folder
            ),
        )


def _once_free(running: RunningJob, load: Callable[[], Loaded]) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            load()
        except BatchRefused as error:
            if error.code_text != "batch_busy" or time.monotonic() > deadline:
                raise
            running.told(0, step=gettext_lazy("Waiting for the worker that had it before"))
            time.sleep(BUSY_PAUSE)
        else:
            return


def _kept_files(running: RunningJob, batch: Batch, folder: Path) -> list[list[str]]:
    """[[kind, uid]] of the error files: those of this run, or of a killed one before it."""
    if batch.outcome.get("files"):
        return list(batch.outcome["files"])
    return keep_errors(
        actor=running.row.created_by, stem=Path(batch.file_name).stem or "coupons",
        paths=sorted(folder.glob("*.errors.*"), reverse=True), permission=IMPORT_PERMISSION,
    )  # fmt: skip


def give_up_import(job: Job) -> None:
    """Nothing of the file stays in the stock, nor the file."""
    give_up_batch(job)
    drop_upload(job)


# --- generation -----------------------------------------------------------------------------------
def run_generation(running: RunningJob) -> dict[str, Any]:
    batch = batch_of(running.row)
    if batch.state == BatchState.LOADING:
        total = batch.wanted["count"]
        step = gettext_lazy("Making, encrypting and storing the codes")
        running.told(batch.count, total, step)
        _once_free(
            running,
            lambda: load_generated(
                batch_id=batch.pk, progress=lambda done: running.told(done, total, step)
            ),
        )
        batch.refresh_from_db()
    return {"batch": batch.pk, **_result(outcome_of(batch))}


# --- what both have in common ---------------------------------------------------------------------
def give_up_batch(job: Job) -> None:
    batch = Batch.objects.filter(job_uid=job.uid, state=BatchState.LOADING).first()
    if batch is not None:
        was_cancelled = job.state == JobState.CANCELLED
        state = BatchState.DISCARDED if was_cancelled else BatchState.FAILED
        reason = _("The job was cancelled.") if was_cancelled else job.error
        leave(batch, state, reason, timezone.now(), actor=job.created_by)


def batch_of(job: Job) -> Batch:
    batch = Batch.objects.filter(job_uid=job.uid).first()
    if batch is None:
        raise BatchRefused(_("The batch of this job is no longer there."))
    return batch


def _result(loaded: Loaded) -> Mapping[str, Any]:
    names = ("state", "rows", "imported", "duplicates", "rejected", "total_cents", "seconds")
    return {name: getattr(loaded, name) for name in names}


def show_batch(job: Job) -> Outcome:
    """As it came out then; what has become of the batch since is on its own page."""
    if job.state != JobState.DONE:
        batch = Batch.objects.filter(job_uid=job.uid).values_list("pk", flat=True).first()
        return Outcome(links=() if batch is None else (_link(batch),))
    found = job.result
    facts = [
        (gettext_lazy("coupons"), f"{found['imported']:,}"),
        (gettext_lazy("total face value (yuan)"), yuan(found["total_cents"])),
    ]
    if job.kind == IMPORT:
        facts[:0] = [(gettext_lazy("rows"), f"{found['rows']:,}")]
        facts += [
            (gettext_lazy("duplicates"), f"{found['duplicates']:,}"),
            (gettext_lazy("rejected rows"), f"{found['rejected']:,}"),
        ]
    return Outcome(tuple(facts), (_link(found["batch"]),), labelled(found.get("files", [])))


def labelled(files: list[list[str]]) -> tuple[tuple[Any, str], ...]:
    return tuple((FILE_LABELS.get(kind, kind), uid) for kind, uid in files)


def _link(batch: int) -> Link:
    return Link(gettext_lazy("To the batch"), "coupons_batch_change", batch)
