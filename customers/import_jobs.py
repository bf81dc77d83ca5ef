"""A customer file in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from customers.importing import Imported, import_customers
from intake.file_jobs import FileKind, GivenFile, counted, start_file_job
from intake.jobs import Link
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from django.core.files import File

    from intake.models import Job
    from operators.models import Operator

PERMISSION, CHANGE = "customers.add_customer", "customers.change_customer"
LABELS = {
    "rows": _("rows"), "created": _("new customers"), "updated": _("updated"),
    "unchanged": _("unchanged"), "rejected": _("rejected rows"),
}  # fmt: skip


def start_import(*, actor: Operator, file: File, dry_run: bool = False) -> Job:
    """``dry_run``: the file is gone through, and nothing lands."""
    require(actor, PERMISSION)
    require(actor, CHANGE)
    require_branch(actor, "")
    return start_file_job(actor=actor, kind=IMPORT, file=file, dry_run=dry_run)


def _take(given: GivenFile) -> Imported:
    """One transaction: begun again after a kill, what had landed is found unchanged."""
    return import_customers(
        actor=given.actor, path=given.path, error_folder=given.folder, dry_run=given.dry_run,
        progress=given.progress,
    )  # fmt: skip


IMPORT = FileKind(
    name="customer_import",
    label=_("customer import"),
    permission=PERMISSION,
    errors_permission=PERMISSION,
    take=_take,
    step=_("Checking and storing the rows"),
    kept=LABELS,
    facts=lambda job: counted(job.result, LABELS),
    link=lambda job: Link(_("To the customers"), "customers_customer_changelist"),
    only_checked=_("Only checked: nothing was changed."),
)
