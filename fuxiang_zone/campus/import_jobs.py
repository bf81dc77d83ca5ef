"""Files of schools in the background. Their jobs and what came back are seen by who began them, and
by those who see every job and every school."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import F, Func, JSONField, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.context import current_schema
from fuxiang_zone.campus import sight
from fuxiang_zone.campus.amounts import import_amounts, require_by_student
from fuxiang_zone.campus.errors import UnknownSchool
from fuxiang_zone.campus.models import FeeItem, School
from fuxiang_zone.campus.querysets import SEE_EVERY_SCHOOL
from fuxiang_zone.campus.school_files import Landed
from fuxiang_zone.campus.students import import_students
from fuxiang_zone.campus.wording import yuan
from intake.file_jobs import Fact, FileKind, GivenFile, Label, counted, start_file_job
from intake.jobs import Link
from intake.models import Job, StoredFile
from operators.roles import is_platform

if TYPE_CHECKING:
    from django.core.files import File

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
        dry_run=given.dry_run, progress=given.progress,
    )  # fmt: skip


def _take_amounts(given: GivenFile) -> Landed:
    return import_amounts(
        actor=given.actor, fee_id=given.params["fee"], path=given.path, folder=given.folder,
        dry_run=given.dry_run, progress=given.progress,
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


# --- who sees them --------------------------------------------------------------------------------
def _of_other_schools(operator: Operator) -> Q | None:
    if _sees_all(operator):
        return None
    return ~Q(params__school__in=_keys(School.objects.visible_to(operator)))


def _of_others_fees(operator: Operator) -> Q | None:
    if _sees_all(operator):
        return None
    return ~Q(params__fee__in=_keys(FeeItem.objects.visible_to(operator)))


def _sees_all(operator: Operator) -> bool:
    # The platform has no schools, and no tables of them.
    return is_platform(current_schema()) or operator.has_perm(SEE_EVERY_SCHOOL)


def _keys(rows: QuerySet) -> QuerySet:
    """As they stand in the parameters of jobs."""
    as_json = Func(F("pk"), function="to_jsonb", output_field=JSONField())
    return rows.order_by().annotate(key=as_json).values("key")


def take_files_from(operators: Collection[int], school_id: int) -> None:
    """Of people who see the school no longer: their files of it are fetched by those alone who see
    every school."""
    of_fees = FeeItem.objects.filter(school=school_id)
    jobs = Job.objects.filter(
        Q(kind=STUDENTS.name, params__school=school_id)
        | Q(kind=AMOUNTS.name, params__fee__in=_keys(of_fees)),
        created_by__in=operators,
    )
    uids = {uid for job in jobs for _kind, uid in job.result.get("files", ())}
    given = {job.params["file"] for job in jobs}
    StoredFile.objects.filter(uid__in=uids | given).update(created_by=None)


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
    hidden_from=_of_other_schools,
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
    hidden_from=_of_others_fees,
)
