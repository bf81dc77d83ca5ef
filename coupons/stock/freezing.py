"""Freezing a whole batch: one person at once, or the system; unfreezing takes a second person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from approvals.models import Request
from audit.services import record
from coupons import events
from coupons.choices import BatchState, LedgerAction
from coupons.errors import BatchRefused
from coupons.models import Batch, LedgerEntry
from coupons.stock.facts import find_batch
from coupons.stock.ledgers import who
from coupons.stock.reviews import TARGET_KIND
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

UNFREEZE = "coupon_unfreeze"
FREEZE_PERMISSION = "coupons.freeze_batch"
REASON_LENGTH = 500


@transaction.atomic
def freeze_batch(
    *, actor: Operator, batch_id: int, reason: str, at: datetime | None = None
) -> Batch:
    """From this moment nobody claims, locks or redeems a coupon of it. Frozen already: as it is."""
    require(actor, FREEZE_PERMISSION)
    return _freeze(actor, batch_id, reason, at or timezone.now())


@transaction.atomic
def freeze_batch_by_system(*, batch_id: int, reason: str, at: datetime | None = None) -> Batch:
    """Without a person: when the books do not tie out."""
    return _freeze(None, batch_id, reason, at or timezone.now())


@transaction.atomic
def request_unfreeze(
    *, actor: Operator, batch_id: int, reason: str, at: datetime | None = None
) -> Request:
    """By whoever may change or freeze batches; a checker decides."""
    if not actor.has_perm(FREEZE_PERMISSION):
        require(actor, "coupons.change_batch")
    reason = reason_of(reason)
    batch = find_batch(batch_id)
    return approvals.submit_request(
        actor=actor,
        kind=UNFREEZE,
        target_kind=TARGET_KIND,
        target_id=batch.pk,
        title=_("Unfreeze %(name)s") % {"name": batch.name},
        payload={"schema": 1, "batch": batch.name, "state": BatchState.LIVE.value},
        before={"state": batch.state, "reason": batch.state_reason},
        base_digest="",
        note=reason,
        at=at,
    )


def require_frozen(batch: Batch) -> None:
    if batch.state != BatchState.FROZEN:
        raise BatchRefused(_("This batch is not frozen."), code="not_frozen")


def unfreeze(request: Request, *, actor: Operator, at: datetime) -> None:
    """In the approval's transaction."""
    batch = find_batch(int(request.target_id))
    thawed = Batch.objects.filter(pk=batch.pk, state=BatchState.FROZEN).update(
        state=BatchState.LIVE, state_reason=request.note[:REASON_LENGTH], state_at=at
    )
    if thawed != 1:
        require_frozen(batch)
    _write(batch, LedgerAction.UNFREEZE, actor, request.note, at)
    record(events.BATCH_UNFROZEN, actor=actor, target=batch, reason=request.note, at=at,
           after={"request": request.pk})  # fmt: skip


def reason_of(text: str) -> str:
    reason = text.strip()[:REASON_LENGTH]
    if not reason:
        raise BatchRefused(_("Say why."), code="reason_required")
    return reason


def _freeze(actor: Operator | None, batch_id: int, reason: str, at: datetime) -> Batch:
    reason = reason_of(reason)
    frozen = Batch.objects.filter(pk=batch_id, state=BatchState.LIVE).update(
        state=BatchState.FROZEN, state_reason=reason, state_at=at
    )
    batch = find_batch(batch_id)
    if frozen:
        _write(batch, LedgerAction.FREEZE, actor, reason, at)
        record(events.BATCH_FROZEN, actor=actor, target=batch, reason=reason, at=at)
    elif batch.state != BatchState.FROZEN:
        raise BatchRefused(
            _("Only a live batch can be frozen; this one is: %(state)s.")
            % {"state": batch.get_state_display()}
        )
    return batch


def _write(
    batch: Batch, action: LedgerAction, actor: Operator | None, note: str, at: datetime
) -> None:
    """One row for all of its coupons, none of which changes."""
    LedgerEntry.objects.create(
        at=at, action=action, batch=batch, template_id=batch.template_id, count=batch.count,
        face_cents=batch.total_cents, **who(actor, note=note[:REASON_LENGTH]),
    )  # fmt: skip
