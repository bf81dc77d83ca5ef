"""Reconciling days, and handing out what a day is settled by."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from coupons import events
from coupons.choices import ReconciliationState
from coupons.errors import BatchRefused, ReconciliationRefused
from coupons.models import Batch, Reconciliation, SettlementFile
from coupons.reconciliation.checks import Break
from coupons.reconciliation.day_totals import first_day
from coupons.reconciliation.days import ONE, day_of, days_between, end_of
from coupons.reconciliation.runs import Outcome, run_day
from coupons.reconciliation.settlement import MANIFEST, Written
from coupons.reconciliation.snapshots import one_at_a_time
from coupons.reconciliation.wording import sentence
from coupons.stock.freezing import freeze_batch_by_system
from intake.models import StoredFile
from intake.stored_files import opened, remove, store
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

PERMISSION = "coupons.export_reconciliation"
# After midnight: what began before it has been committed by then.
SETTLING = timedelta(minutes=30)
KEPT_BREAKS, AUDITED_BREAKS = 1_000, 20


def reconcile_day(
    *, day: date, at: datetime, actor: Operator | None = None, unless_done: bool = False
) -> Reconciliation:
    """Adds the day up, compares stock and ledger, freezes batches that do not tie out, keeps the
    day's files. Safe to run again at any time, and at once; ``actor`` None = the daily run."""
    _require_allowed(actor)
    require_over(day, at)
    with one_at_a_time(), tempfile.TemporaryDirectory(prefix="settlement-") as folder:
        done = Reconciliation.objects.filter(day=day).first() if unless_done else None
        if done is not None:
            return done
        outcome = run_day(day, Path(folder))
        return _keep(outcome, at, actor)


def reconcile_missing(*, at: datetime) -> list[date]:
    """Every day that is over and has not been reconciled yet, in order."""
    days = list(missing_days(at))
    for day in days:
        reconcile_day(day=day, at=at, unless_done=True)
    return days


def missing_days(at: datetime) -> Iterator[date]:
    began = first_day()
    if began is None:
        return
    done = set(Reconciliation.objects.values_list("day", flat=True))
    for day in days_between(day_of(began), day_of(at - SETTLING) - ONE):
        if day not in done:
            yield day


@contextmanager
def preliminary(*, day: date, at: datetime, actor: Operator | None = None) -> Iterator[Outcome]:
    """As ``reconcile_day`` for a day that is not over: nothing is kept or frozen, and the files
    vanish at the end."""
    _require_allowed(actor)
    if day > day_of(at):
        raise ReconciliationRefused(_("%(day)s lies in the future.") % {"day": day})
    with one_at_a_time(), tempfile.TemporaryDirectory(prefix="settlement-") as folder:
        yield run_day(day, Path(folder), preliminary=True)


def open_settlement_file(*, actor: Operator, file_id: int) -> tuple[SettlementFile, IO[bytes]]:
    """The bytes as they were written; to be closed. That it was fetched is an event."""
    _require_allowed(actor)
    file = SettlementFile.objects.select_related("reconciliation").filter(pk=file_id).first()
    if file is None:
        raise ReconciliationRefused(_("There is no such file."))
    with transaction.atomic():
        record(
            events.SETTLEMENT_DOWNLOADED, actor=actor, target=file.reconciliation,
            after={"name": file.name, "sha256": file.sha256},
        )  # fmt: skip
    return file, plain_file(file)


def plain_file(file: SettlementFile) -> IO[bytes]:
    return opened(StoredFile.objects.get(uid=file.stored_file_uid))


def _require_allowed(actor: Operator | None) -> None:
    if actor is not None:
        require(actor, PERMISSION)


def is_over(day: date, at: datetime) -> bool:
    return at >= end_of(day) + SETTLING


def require_over(day: date, at: datetime) -> None:
    if not is_over(day, at):
        raise ReconciliationRefused(
            _("%(day)s is not over yet; it can be reconciled half an hour after its midnight.")
            % {"day": day}
        )


def _keep(outcome: Outcome, at: datetime, actor: Operator | None) -> Reconciliation:
    """In one transaction: a run that is killed before it has not been."""
    with transaction.atomic():
        kept, is_first = Reconciliation.objects.get_or_create(
            day=outcome.day,
            defaults={"state": ReconciliationState.TIED_OUT, "checked_at": at},
        )
        before = None if is_first else {"state": kept.state, "breaks": len(kept.breaks)}
        breaks = [*outcome.breaks, *_keep_files(kept, outcome.files, at, actor)]
        # From the first run that tied out, the day's files are what it is settled by.
        settled = kept.totals.get("settled", False) or not breaks
        kept.state = ReconciliationState.BROKEN if breaks else ReconciliationState.TIED_OUT
        kept.totals, kept.checked_at = {**outcome.totals, "settled": settled}, at
        kept.breaks = [each.as_json() for each in breaks[:KEPT_BREAKS]]
        kept.save()
        _freeze_broken(outcome, at)
        _record(kept, before, actor, at)
    return kept


def _keep_files(
    kept: Reconciliation, files: list[Written], at: datetime, actor: Operator | None
) -> list[Break]:
    """Once the day is settled, files are compared and not written again; before, a run replaces
    what the run before it wrote while the books were broken."""
    known = {file.name: file for file in SettlementFile.objects.filter(reconciliation=kept)}
    breaks = []
    for file in files:
        before = known.get(file.name)
        if before is not None and before.sha256 == file.sha256:
            continue
        if before is None or not kept.totals.get("settled", False):
            _keep_file(kept, file, before, at, actor)
        elif not file.name.endswith(MANIFEST):
            breaks.append(Break(None, f"file.{file.name}", before.sha256, file.sha256))
    return breaks


def _keep_file(
    kept: Reconciliation,
    file: Written,
    before: SettlementFile | None,
    at: datetime,
    actor: Operator | None,
) -> None:
    stored = store(actor=actor, file=file.path, name=file.name, permission=PERMISSION)
    if before is not None:
        remove(StoredFile.objects.get(uid=before.stored_file_uid))
    SettlementFile.objects.update_or_create(
        reconciliation=kept, name=file.name,
        defaults={
            "rows": file.rows, "sha256": file.sha256, "stored_file_uid": stored.uid,
            "written_at": at,
        },
    )  # fmt: skip


def _freeze_broken(outcome: Outcome, at: datetime) -> None:
    live = Batch.objects.live().filter(pk__in=outcome.broken_batches)  # type: ignore[attr-defined]
    for batch_id in live.order_by("pk").values_list("pk", flat=True):
        # Recalled in this moment: as good as frozen.
        with suppress(BatchRefused):
            reason = _reason(outcome, batch_id)
            freeze_batch_by_system(batch_id=batch_id, reason=reason, at=at)


def _reason(outcome: Outcome, batch_id: int) -> str:
    """Stored, and read by whoever is asked to unfreeze the batch."""
    first = next(each for each in outcome.breaks if each.batch == batch_id)
    told = {"day": outcome.day.isoformat(), "break": sentence(first.as_json())}
    return _("Reconciliation of %(day)s. %(break)s") % told


def _record(
    kept: Reconciliation, before: dict[str, Any] | None, actor: Operator | None, at: datetime
) -> None:
    is_broken = kept.state == ReconciliationState.BROKEN
    record(
        events.RECONCILIATION_BROKEN if is_broken else events.RECONCILED,
        actor=actor, target=kept, before=before, at=at,
        after={
            "state": kept.state,
            "breaks": [
                {name: str(each[name]) for name in ("batch", "what", "expected", "found")}
                for each in kept.breaks[:AUDITED_BREAKS]
            ],
        },
    )  # fmt: skip
