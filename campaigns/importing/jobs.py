"""A file of qualifying events in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.importing.taking_files import PERMISSION, TakenFile, take_event_file
from intake.file_jobs import Fact, FileKind, GivenFile, counted, start_file_job
from intake.jobs import Link
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from django.core.files import File

    from intake.models import Job
    from operators.models import Operator

LABELS = {
    "rows": _("rows"), "taken": _("events taken"), "rewarded": _("rewarded"),
    "not_rewarded": _("not rewarded"), "no_campaign": _("no campaign for them"),
    "reversals": _("reversals"), "duplicates": _("known already"), "rejected": _("rejected rows"),
}  # fmt: skip
# Nothing comes of events that are only checked.
CHECKED_LABELS = {name: LABELS[name] for name in ("rows", "taken", "rejected")}


def start_import(*, actor: Operator, file: File, dry_run: bool = False) -> Job:
    """``dry_run``: the file is gone through, and nothing is taken."""
    require(actor, PERMISSION)
    require_branch(actor, "")
    return start_file_job(actor=actor, kind=IMPORT, file=file, dry_run=dry_run)


def _take(given: GivenFile) -> TakenFile:
    """Begun again after a kill: what an earlier run has taken counts as taken."""
    return take_event_file(
        actor=given.actor, path=given.path, name=given.name, error_folder=given.folder,
        at=timezone.now(), dry_run=given.dry_run, progress=given.progress,
        begun_before=given.begun_before,
    )  # fmt: skip


def _facts(job: Job) -> list[Fact]:
    return counted(job.result, CHECKED_LABELS if job.result["dry_run"] else LABELS)


IMPORT = FileKind(
    name="campaign_events",
    label=_("file of qualifying events"),
    permission=PERMISSION,
    errors_permission=PERMISSION,
    take=_take,
    step=_("Checking and taking the events"),
    kept=LABELS,
    facts=_facts,
    link=lambda job: Link(_("To the events"), "campaigns_event_changelist"),
    only_checked=_("Only checked: no event was taken."),
)
