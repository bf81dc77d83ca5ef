"""Jobs that take a file which an operator gave in: it is kept until a worker has gone through it,
and the rows that came back are kept to be corrected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from intake.counting import kind_of, rows_about
from intake.jobs import JobKind, Link, Outcome, enqueue_job, register_job_kind
from intake.models import Job, StoredFile
from intake.stored_files import plain_path, remove, store

if TYPE_CHECKING:
    from django.core.files import File

    from intake.running import RunningJob
    from operators.models import Operator

Label = str | Promise
Fact = tuple[Label, str]
# Until a worker has taken it, and for correcting what came back.
UPLOAD_KEPT, ERRORS_KEPT = timedelta(days=7), timedelta(days=30)
# Of every file's result, beside the numbers of its kind.
ALWAYS_TOLD = ("reasons", "unknown_columns", "other_sheets", "dry_run")


class Taken(Protocol):
    """What became of a file."""

    rows: int
    error_files: list[str]

    def as_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class GivenFile:
    """The file of a job that runs, with what it was given in with."""

    path: Path
    name: str
    # For the files of rows that come back; it goes at the end of the run.
    folder: Path
    actor: Operator
    params: Mapping[str, Any]
    # Told how many rows have been gone through.
    progress: Callable[[int], None]
    # When the job was begun, in a run after one that was killed; None = this is the first.
    begun_before: datetime | None = None

    @property
    def dry_run(self) -> bool:
        return bool(self.params["dry_run"])


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a room says of its files; ``take`` may be begun again after a kill, like any job."""

    name: str
    label: Label
    # Who may give one in.
    permission: str
    # Who may fetch the rows that came back, beside whoever gave the file in.
    errors_permission: str
    take: Callable[[GivenFile], Taken]
    # What the work is called while it goes on.
    step: Label
    # The numbers of the result that are kept, and what is told of them.
    kept: Collection[str]
    facts: Callable[[Job], Iterable[Fact]]
    link: Callable[[Job], Link]
    # Said of a file that was only checked.
    only_checked: Label
    hidden_from: Callable[[Operator], Q | None] = lambda operator: None

    def register(self) -> None:
        register_job_kind(
            JobKind(
                self.name, self.label, self.run, self.permission, self.show, drop_upload,
                # Not before: a run that is begun again still needs the file.
                over=drop_upload, hidden_from=self.hidden_from,
            )
        )  # fmt: skip

    def run(self, running: RunningJob) -> dict[str, Any]:
        stored = StoredFile.objects.get(uid=running.params["file"])
        with running.folder() as folder, plain_path(stored) as path:
            taken = self.take(self._given(running, stored.name, path, folder))
            running.told(taken.rows, taken.rows)
            files = keep_errors(
                actor=running.row.created_by, stem=Path(stored.name).stem,
                paths=map(Path, reversed(taken.error_files)), permission=self.errors_permission,
            )  # fmt: skip
        found = taken.as_json()
        return {**{name: found[name] for name in (*self.kept, *ALWAYS_TOLD)}, "files": files}

    def _given(self, running: RunningJob, name: str, path: Path, folder: Path) -> GivenFile:
        row = running.row
        actor, total = row.created_by, rows_about(path, kind_of(path))
        # ``start_file_job`` has one, and operators who began something are never deleted.
        assert actor is not None
        running.told(0, total, self.step)
        return GivenFile(
            path=path, name=name, folder=folder, actor=actor, params=running.params,
            progress=lambda rows: running.told(rows, max(rows, total), self.step),
            begun_before=row.created_at if row.attempt > 1 else None,
        )  # fmt: skip

    def show(self, job: Job) -> Outcome:
        found = job.result
        if not found:
            return Outcome()
        return Outcome(
            facts=(*self.facts(job), *_left_out(found)),
            links=(self.link(job),),
            files=tuple(
                (_("Rows that came back (.%(kind)s)") % {"kind": kind}, uid)
                for kind, uid in found["files"]
            ),
            came_back=tuple((each["row"], each["reason"]) for each in found["reasons"]),
            note=self.only_checked if found["dry_run"] else "",
        )


def start_file_job(
    *, actor: Operator, kind: FileKind, file: File, dry_run: bool = False, **params: Any
) -> Job:
    """``dry_run``: the file is gone through, and nothing of it lands."""
    now, name = timezone.now(), Path(file.name or "").name
    with transaction.atomic():
        stored = store(actor=actor, file=file, name=name, expires_at=now + UPLOAD_KEPT, at=now)  # type: ignore[arg-type]
        given = {"file": str(stored.uid), "dry_run": dry_run, **params}
        return enqueue_job(actor=actor, kind=kind.name, title=name, params=given, at=now)


def keep_errors(
    *, actor: Operator | None, stem: str, paths: Iterable[Path], permission: str
) -> list[list[str]]:
    """[[kind, uid]] of files of rows that came back; ``stem``: of the file that they were in."""
    now = timezone.now()
    kept = [
        store(
            actor=actor, file=path, name=f"{stem}.错误{path.suffix}", permission=permission,
            expires_at=now + ERRORS_KEPT, at=now,
        )
        for path in paths
    ]  # fmt: skip
    return [[Path(stored.name).suffix[1:], str(stored.uid)] for stored in kept]


def drop_upload(job: Job) -> None:
    """Once nobody will take it any more."""
    for stored in StoredFile.objects.filter(uid=job.params["file"]):
        remove(stored)


def counted(found: Mapping[str, Any], labels: Mapping[str, Label]) -> list[Fact]:
    return [(label, f"{found[name]:,}") for name, label in labels.items()]


def _left_out(found: Mapping[str, Any]) -> Iterator[Fact]:
    if found["unknown_columns"]:
        yield _("columns that were skipped"), "、".join(found["unknown_columns"])
    if found["other_sheets"]:
        yield _("sheets that were not read"), "、".join(found["other_sheets"])
