"""Files of schools in the background. Their jobs and what came back are seen by who began them, and
by those who see every job and every school."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fuxiang_zone.campus import sight
from fuxiang_zone.campus.amounts import import_amounts, require_by_student
from fuxiang_zone.campus.errors import UnknownSchool
from fuxiang_zone.campus.models import FeeItem
from fuxiang_zone.campus.querysets import SEE_EVERY_SCHOOL
from fuxiang_zone.campus.students import import_students
from fuxiang_zone.campus.wording import yuan
from intake.counting import kind_of, rows_about
from intake.jobs import JobKind, Link, Outcome, enqueue_job, register_job_kind
from intake.models import Job, StoredFile
from intake.stored_files import plain_path, remove, store

if TYPE_CHECKING:
    from django.core.files import File

    from fuxiang_zone.campus.school_files import Landed
    from intake.running import RunningJob
    from operators.models import Operator

STUDENTS, AMOUNTS = "campus_students", "campus_amounts"
UPLOAD_KEPT, ERRORS_KEPT = timedelta(days=7), timedelta(days=30)
COUNTS = ("rows", "created", "updated", "unchanged", "rejected")
KEPT = (*COUNTS, "total_cents", "reasons", "unknown_columns", "other_sheets", "dry_run")


def register_jobs() -> None:
    for name, label, run, permission in (
        (STUDENTS, gettext_lazy("student import"), run_students, sight.ADD_STUDENT),
        (AMOUNTS, gettext_lazy("import of a fee's amounts"), run_amounts, sight.CHANGE_FEE),
    ):
        register_job_kind(JobKind(name, label, run, permission, show_import, give_up))


def start_students(*, actor: Operator, school_id: int, file: File, dry_run: bool = False) -> Job:
    sight.require_school(actor, sight.ADD_STUDENT, school_id)
    return _start(actor, STUDENTS, file, {"school": school_id, "dry_run": dry_run})


def start_amounts(*, actor: Operator, fee_id: int, file: File, dry_run: bool = False) -> Job:
    fee = FeeItem.objects.visible_to(actor).filter(pk=fee_id).first()
    if fee is None:
        raise UnknownSchool(_("There is no such fee, or it is not of one of your schools."))
    sight.require_school(actor, sight.CHANGE_FEE, fee.school_id)
    require_by_student(fee)
    return _start(actor, AMOUNTS, file, {"fee": fee_id, "dry_run": dry_run})


def _start(actor: Operator, kind: str, file: File, params: dict[str, Any]) -> Job:
    now, name = timezone.now(), Path(file.name or "").name
    with transaction.atomic():
        stored = store(actor=actor, file=file, name=name, expires_at=now + UPLOAD_KEPT, at=now)  # type: ignore[arg-type]
        return enqueue_job(
            actor=actor, kind=kind, title=name, params={"file": str(stored.uid), **params}, at=now
        )


def run_students(running: RunningJob) -> dict[str, Any]:
    """Begun again after a kill, what had landed is found unchanged."""
    return _run(running, import_students, school_id=running.params["school"])


def run_amounts(running: RunningJob) -> dict[str, Any]:
    return _run(running, import_amounts, fee_id=running.params["fee"])


def _run(running: RunningJob, service: Any, **place: int) -> dict[str, Any]:
    stored = StoredFile.objects.get(uid=running.params["file"])
    with running.folder() as folder, plain_path(stored) as path:
        total = rows_about(path, kind_of(path))
        running.told(0, total, gettext_lazy("Checking and storing the rows"))
        landed: Landed = service(
            actor=running.row.created_by, path=path, folder=folder,
            dry_run=running.params["dry_run"], **place,
        )  # fmt: skip
        running.told(landed.rows, landed.rows)
        files = [_kept(running, stored, Path(each)) for each in reversed(landed.error_files)]
    remove(stored)
    found = landed.as_json()
    return {**{name: found[name] for name in KEPT}, "files": files}


def _kept(running: RunningJob, stored: StoredFile, path: Path) -> list[str]:
    now = timezone.now()
    kept = store(
        actor=running.row.created_by, file=path, name=f"{Path(stored.name).stem}.错误{path.suffix}",
        permission=SEE_EVERY_SCHOOL, expires_at=now + ERRORS_KEPT, at=now,
    )  # fmt: skip
    return [path.suffix[1:], str(kept.uid)]


def give_up(job: Job) -> None:
    for stored in StoredFile.objects.filter(uid=job.params["file"]):
        remove(stored)


def show_import(job: Job) -> Outcome:
    found = job.result
    if not found:
        return Outcome()
    is_students = job.kind == STUDENTS
    labels = {
        "rows": _("rows"), "updated": _("updated"), "unchanged": _("unchanged"),
        "created": _("new students") if is_students else _("new bills"),
        "rejected": _("rejected rows"),
    }  # fmt: skip
    facts = [(labels[name], f"{found[name]:,}") for name in COUNTS]
    if not is_students:
        facts.append((_("in total (yuan)"), yuan(found["total_cents"])))
    for name, label in (
        ("unknown_columns", _("columns that were skipped")),
        ("other_sheets", _("sheets that were not read")),
    ):
        if found[name]:
            facts.append((label, "、".join(found[name])))
    back = (
        Link(_("To the students"), "fuxiang_zone_campus_student_changelist")
        if is_students
        else Link(_("To the fee"), "fuxiang_zone_campus_feeitem_change", job.params["fee"])
    )
    return Outcome(
        facts=tuple(facts),
        links=(back,),
        files=tuple(
            (_("Rows that came back (.%(kind)s)") % {"kind": kind}, uid)
            for kind, uid in found["files"]
        ),
        came_back=tuple((each["row"], each["reason"]) for each in found["reasons"]),
        note=_("Only checked: nothing was changed.") if found["dry_run"] else "",
    )
