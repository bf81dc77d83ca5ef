"""The end of a loading: a batch that can be submitted, or none."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from audit.services import record
from coupons import events
from coupons.choices import BatchState
from coupons.models import Batch, Coupon
from coupons.stock.discarding import leave
from coupons.stock.landing import BatchStopped
from coupons.stock.outcomes import Loaded
from intake.errors import FileRefused


def finish(batch: Batch, loaded: Loaded, at: datetime) -> Loaded:
    """Loaded; or discarded, when no row landed, or some came back of a file that was to land as a
    whole."""
    loaded.batch, loaded.batch_name = batch.pk, batch.name
    reason = _why_not(batch, loaded)
    if reason:
        return _take_back(batch, loaded, reason, at)
    if batch.rows:
        _refuse_other_rows(batch, loaded)
    _keep(batch, loaded, at)
    loaded.state = BatchState.LOADED
    return loaded


def _why_not(batch: Batch, loaded: Loaded) -> str:
    if batch.all_or_nothing and loaded.came_back:
        return _("%(count)s rows came back, and nothing was to land unless all rows are good.") % {
            "count": f"{loaded.came_back:,}"
        }
    return "" if loaded.imported else _("No row could be imported.")


def _take_back(batch: Batch, loaded: Loaded, reason: str, at: datetime) -> Loaded:
    _tell(batch, loaded)
    leave(batch, BatchState.DISCARDED, reason, at, actor=batch.created_by)
    loaded.imported = loaded.total_cents = 0
    loaded.state = BatchState.DISCARDED
    return loaded


def _tell(batch: Batch, loaded: Loaded) -> None:
    Batch.objects.filter(pk=batch.pk, state=BatchState.LOADING).update(
        rows=loaded.rows, duplicates=loaded.duplicates, rejected=loaded.rejected,
        outcome=loaded.to_keep(),
    )  # fmt: skip


def _refuse_other_rows(batch: Batch, loaded: Loaded) -> None:
    """A batch that was gone through again: rows landed then that would be refused now."""
    found = Coupon.objects.filter(batch_id=batch.pk).aggregate(
        count=Count("pk"), cents=Sum("face_cents")
    )
    if (found["count"], found["cents"]) != (loaded.imported, loaded.total_cents):
        raise FileRefused(
            _("Branches or customers were changed while the file was loading. Import it again.")
        )


def _keep(batch: Batch, loaded: Loaded, at: datetime) -> None:
    counts = ("rows", "imported", "duplicates", "rejected", "total_cents", "sha256")
    with transaction.atomic():
        kept = Batch.objects.filter(pk=batch.pk, state=BatchState.LOADING).update(
            state=BatchState.LOADED, state_at=at, loaded_at=at, rows=loaded.rows,
            duplicates=loaded.duplicates, rejected=loaded.rejected, count=loaded.imported,
            total_cents=loaded.total_cents, outcome=loaded.to_keep(),
        )  # fmt: skip
        if not kept:
            raise BatchStopped(_("The batch was discarded while its file was being loaded."))
        record(
            events.BATCH_LOADED, actor=batch.created_by, target=batch, at=at,
            after={name: getattr(loaded, name) for name in counts},
        )  # fmt: skip
