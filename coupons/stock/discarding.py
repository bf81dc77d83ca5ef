"""Batches that never become coupons: their rows are deleted, so that the codes are free again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from coupons import events
from coupons.choices import BatchState
from coupons.errors import BatchRefused
from coupons.models import Batch, Coupon
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

DISCARD_PERMISSION = "coupons.change_batch"
# So many rows are deleted by one transaction.
DELETED_AT_ONCE = 20_000
REASON_LENGTH = 500
_GONE = (BatchState.DISCARDED, BatchState.FAILED)
_DISCARDABLE = (BatchState.LOADING, BatchState.LOADED)


def discard_batch(
    *, actor: Operator, batch_id: int, reason: str = "", at: datetime | None = None
) -> Batch:
    """Before anybody was asked to approve it. A process that is loading it stops at its slice."""
    require(actor, DISCARD_PERMISSION)
    batch = Batch.objects.select_related("template").get(pk=batch_id)
    reason = reason.strip() or _("discarded by %(who)s") % {"who": actor}
    if not leave(batch, BatchState.DISCARDED, reason, at or timezone.now(), actor=actor):
        batch.refresh_from_db()
        raise BatchRefused(
            _(
                "Only a batch that is not submitted can be discarded; this one is: %(state)s."
                " Withdraw it from review first."
            )
            % {"state": BatchState(batch.state).label}
        )
    return batch


def fail_batch(batch: Batch, reason: str, at: datetime) -> None:
    """Its file cannot be read to the end."""
    leave(batch, BatchState.FAILED, reason, at, actor=batch.created_by)


def leave(
    batch: Batch, state: BatchState, reason: str, at: datetime, *, actor: Operator | None
) -> bool:
    """False = the batch has gone on to somewhere else meanwhile."""
    event = events.BATCH_FAILED if state == BatchState.FAILED else events.BATCH_DISCARDED
    reason = reason[:REASON_LENGTH]
    with transaction.atomic():
        left = Batch.objects.filter(pk=batch.pk, state__in=_DISCARDABLE).update(
            state=state, state_reason=reason, state_at=at
        )
        if not left:
            return False
        record(
            event, actor=actor, target=batch, reason=reason, at=at,
            after={"file": batch.file_name, "sha256": batch.file_sha256},
        )  # fmt: skip
    clear_rows(batch.pk)
    batch.refresh_from_db()
    return True


def clear_rows(batch_id: int) -> None:
    """In pieces, so that nobody waits for a million rows; the count says that some are left."""
    while True:
        some = Coupon.objects.filter(batch_id=batch_id).order_by("pk").values("pk")
        ids = [row["pk"] for row in some[:DELETED_AT_ONCE]]
        if not ids:
            break
        Coupon.objects.filter(batch_id=batch_id, pk__in=ids)._raw_delete("default")
    Batch.objects.filter(pk=batch_id, state__in=_GONE).update(count=0, total_cents=0)


def clear_remains() -> int:
    """Of processes that were killed while they deleted; how many batches there were."""
    left = list(Batch.objects.filter(state__in=_GONE, count__gt=0).values_list("pk", flat=True))
    for batch_id in left:
        clear_rows(batch_id)
    return len(left)
