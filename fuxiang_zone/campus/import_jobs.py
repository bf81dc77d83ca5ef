"""Files of schools in the background. Their jobs and what came back are seen by who began them, and
by those who see every job and every school."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fuxiang_zone.campus import sight
from fuxiang_zone.campus.amounts import import_amounts, require_by_student
from fuxiang_zone.campus.errors import UnknownSchool
from fuxiang_zone.campus.models import FeeItem
from fuxiang_zone.campus.querysets import SEE_EVERY_SCHOOL
from fuxiang_zone.campus.school_files import Landed
from fuxiang_zone.campus.students import import_students
from fuxiang_zone.campus.wording import yuan
from intake.file_jobs import Fact, FileKind, GivenFile, Label, counted, start_file_job
from intake.jobs import Link

if TYPE_CHECKING:
    from django.core.files import File

    from intake.models import Job
    from operators.models import Operator

KEPT = ("rows", "created", "updated", "unchanged", "rejected", "total_cents")


def register_jobs() -> None:
    STUDENTS.register()
    AMOUNTS.register()


def start_students(*, actor: Operator, school_id: int, file: File, dry_run: bool = False) -> Job:
    sight.require_school(actor, sight.ADD_STUDENT, school_id)
    return start_file_job(actor=actor, kind=STUDENTS, file=file, dry_run=dry_run, school=school_id)


def start_amounts(*, actor: Operator, fee_id: int, file: File, dry_run: bool = False) -> Job:
    fee = FeeItem.objects.visible_to(actor).filter(pk=fee_id).first()
    if fee is None:
        raise UnknownSchool(gettext("There is no such fee, or it is not of one of your schools."))
    sight.require_school(actor, sight.CHANGE_FEE, fee.school_id)
    require_by_student(fee)
    return start_file_job(actor=actor, kind=AMOUNTS, file=file, dry_run=dry_run, fee=fee_id)


def _take_students(given: GivenFile) -> Landed:
    """Begun again after a kill, what had landed is found unchanged."""
    return import_students(
        actor=given.actor, school_id=given.params["school"], path=given.path, folder=given.folder,
        dry_run=given.dry_run,
    )  # fmt: skip


def _take_amounts(given: GivenFile) -> Landed:
    return import_amounts(
        actor=given.actor, fee_id=given.params["fee"], path=given.path, folder=given.folder,
        dry_run=given.dry_run,
    )  # fmt: skip


def _landed(job: Job, created: str) -> list[Fact]:
    labels: dict[str, Label] = {
        "rows": _("rows"), "created": created, "updated": _("updated"),
        "unchanged": _("unchanged"), "rejected": _("rejected rows"),
    }  # fmt: skip
    return counted(job.result, labels)


def _amounts_landed(job: Job) -> list[Fact]:
    total = (_("in total (yuan)"), yuan(job.result["total_cents"]))
    return [*_landed(job, gettext("new bills")), total]


STUDENTS = FileKind(
    name="campus_students",
    label=_("student import"),
    permission=sight.ADD_STUDENT,
    errors_permission=SEE_EVERY_SCHOOL,
    take=_take_students,
    step=_("Checking and storing the rows"),
    kept=KEPT,
    facts=lambda job: _landed(job, gettext("new students")),
    link=lambda job: Link(_("To the students"), "fuxiang_zone_campus_student_changelist"),
    only_checked=_("Only checked: nothing was changed."),
)
AMOUNTS = FileKind(
    name="campus_amounts",
    label=_("import of a fee's amounts"),
    permission=sight.CHANGE_FEE,
    errors_permission=SEE_EVERY_SCHOOL,
    take=_take_amounts,
    step=_("Checking and storing the rows"),
    kept=KEPT,
    facts=_amounts_landed,
    link=lambda job: Link(_("To the fee"), "fuxiang_zone_campus_feeitem_change", job.params["fee"]),
    only_checked=_("Only checked: nothing was changed."),
)
