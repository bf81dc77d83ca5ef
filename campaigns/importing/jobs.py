"""A file of qualifying events in the background."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.importing.taking_files import PERMISSION, take_event_file
from intake.counting import kind_of, rows_about
from intake.jobs import JobKind, Link, Outcome, enqueue_job, register_job_kind
from intake.models import Job, StoredFile
from intake.stored_files import plain_path, remove, store
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from django.core.files import File

    from intake.running import RunningJob
    from operators.models import Operator

IMPORT = "campaign_events"
# Until a worker has taken it, and for correcting what came back.
UPLOAD_KEPT, ERRORS_KEPT = timedelta(days=7), timedelta(days=30)
COUNTS = (
    "rows", "taken", "rewarded", "not_rewarded", "no_campaign", "reversals", "duplicates",
    "rejected",
)  # fmt: skip
KEPT = (*COUNTS, "reasons", "unknown_columns", "other_sheets", "dry_run")


def register_kind() -> None:
    label = gettext_lazy("file of qualifying events")
    register_job_kind(JobKind(IMPORT, label, run_import, PERMISSION, show_import, give_up_import))


def start_import(*, actor: Operator, file: File, dry_run: bool = False) -> Job:
    """``dry_run``: the file is gone through, and nothing is taken."""
    require(actor, PERMISSION)
    require_branch(actor, "")
    now, name = timezone.now(), Path(file.name or "").name
    with transaction.atomic():
        stored = store(actor=actor, file=file, name=name, expires_at=now + UPLOAD_KEPT, at=now)  # type: ignore[arg-type]
        params = {"file": str(stored.uid), "dry_run": dry_run}
        return enqueue_job(actor=actor, kind=IMPORT, title=name, params=params, at=now)


def run_import(running: RunningJob) -> dict[str, Any]:
    """Begun again after a kill: what had been taken is told as known already."""
    stored = StoredFile.objects.get(uid=running.params["file"])
    actor = running.row.created_by
    assert actor is not None
    step = gettext_lazy("Checking and taking the events")
    with running.folder() as folder, plain_path(stored) as path:
        total = rows_about(path, kind_of(path))
        running.told(0, total, step)
        result = take_event_file(
            actor=actor, path=path, name=stored.name, error_folder=folder, at=timezone.now(),
            dry_run=running.params["dry_run"],
            progress=lambda rows: running.told(rows, max(rows, total), step),
        )  # fmt: skip
        running.told(result.rows, result.rows)
        files = [_kept(running, stored, Path(each)) for each in reversed(result.error_files)]
    remove(stored)
    found = result.as_json()
    return {**{name: found[name] for name in KEPT}, "files": files}


def _kept(running: RunningJob, stored: StoredFile, path: Path) -> list[str]:
    now = timezone.now()
    kept = store(
        actor=running.row.created_by, file=path, name=f"{Path(stored.name).stem}.错误{path.suffix}",
        permission=PERMISSION, expires_at=now + ERRORS_KEPT, at=now,
    )  # fmt: skip
    return [path.suffix[1:], str(kept.uid)]


def give_up_import(job: Job) -> None:
    for stored in StoredFile.objects.filter(uid=job.params["file"]):
        remove(stored)


def show_import(job: Job) -> Outcome:
    found = job.result
    if not found:
        return Outcome()
    labels = {
        "rows": _("rows"), "taken": _("events taken"), "rewarded": _("rewarded"),
        "not_rewarded": _("not rewarded"), "no_campaign": _("no campaign for them"),
        "reversals": _("reversals"), "duplicates": _("known already"),
        "rejected": _("rejected rows"),
    }  # fmt: skip
    shown = ("rows", "taken", "rejected") if found["dry_run"] else COUNTS
    facts = [(labels[name], f"{found[name]:,}") for name in shown]
    if found["unknown_columns"]:
        facts.append((_("columns that were skipped"), "、".join(found["unknown_columns"])))
    if found["other_sheets"]:
        facts.append((_("sheets that were not read"), "、".join(found["other_sheets"])))
    return Outcome(
        facts=tuple(facts),
        links=(Link(_("To the events"), "campaigns_event_changelist"),),
        files=tuple(
            (_("Rows that came back (.%(kind)s)") % {"kind": kind}, uid)
            for kind, uid in found["files"]
        ),
        came_back=tuple((each["row"], each["reason"]) for each in found["reasons"]),
        note=_("Only checked: no event was taken.") if found["dry_run"] else "",
    )
