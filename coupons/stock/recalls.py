"""Recall of a whole batch: off at once when it is approved, then coupon by coupon in the books.

The batch's state takes its coupons away from customers at that moment, also from payments under
way (``voided``). What follows is book-keeping, which may be killed and begun again at any point:
each slice is one transaction, and takes only what has not been voided yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from approvals.models import Request
from audit.services import record
from coupons import events
from coupons.choices import BatchState, Channel, CouponState, LedgerAction
from coupons.errors import BatchRefused, CouponRefused
from coupons.life import actors
from coupons.life.accounts import give_back
from coupons.models import Batch, Coupon, LedgerEntry
from coupons.services import void_coupon
from coupons.stock.facts import find_batch
from coupons.stock.freezing import REASON_LENGTH, reason_of
from coupons.stock.ledgers import insert_from, run, who
from coupons.stock.reviews import SUBMIT_PERMISSION, TARGET_KIND
from customers.models import Customer
from intake.jobs import enqueue_job
from operators.models import Branch
from operators.permissions import require

if TYPE_CHECKING:
    from intake.running import RunningJob
    from operators.models import Operator

RECALL = "coupon_recall"
JOB = "coupon_recall"
RECALLABLE = (BatchState.LIVE, BatchState.FROZEN)
SLICE = 2000
# What a recall takes back; a lock that holds is waited for, what was redeemed stays.
TAKEN_BACK = (CouponState.STOCKED, CouponState.CLAIMED, CouponState.LOCKED, CouponState.FROZEN)


@transaction.atomic
def request_recall(
    *, actor: Operator, batch_id: int, reason: str, at: datetime | None = None
) -> Request:
    require(actor, SUBMIT_PERMISSION)
    batch = find_batch(batch_id)
    return approvals.submit_request(
        actor=actor,
        kind=RECALL,
        target_kind=TARGET_KIND,
        target_id=batch.pk,
        title=_("Recall %(name)s") % {"name": batch.name},
        payload={"schema": 1, "batch": batch.name, "template": batch.template.title},
        before=standing_of(batch.pk),
        base_digest="",
        note=reason_of(reason),
        at=at,
    )


def require_recallable(batch: Batch) -> None:
    if batch.state not in RECALLABLE:
        raise BatchRefused(
            _("Only a live or frozen batch can be recalled; this one is: %(state)s.")
            % {"state": batch.get_state_display()}
        )


def standing_of(batch_id: int) -> dict[str, Any]:
    """{state: {"count", "cents"}} of the coupons as they are stored."""
    coupons = Coupon.objects.filter(batch_id=batch_id).order_by()
    rows = coupons.values_list("state").annotate(Count("pk"), Sum("face_cents"))
    return {state: {"count": count, "cents": int(cents)} for state, count, cents in rows}


def recall(request: Request, *, actor: Operator, at: datetime) -> None:
    """In the approval's transaction."""
    batch = find_batch(int(request.target_id))
    taken = Batch.objects.filter(pk=batch.pk, state__in=RECALLABLE).update(
        state=BatchState.RECALLED, state_reason=request.note[:REASON_LENGTH], state_at=at
    )
    if taken != 1:
        require_recallable(batch)
    record(events.BATCH_RECALLED, actor=actor, target=batch, reason=request.note, at=at,
           after={"request": request.pk, "coupons": standing_of(batch.pk)})  # fmt: skip
    job = enqueue_job(
        actor=actor,
        kind=JOB,
        title=_("Recall of %(name)s") % {"name": batch.name},
        params={"batch": batch.pk, "by": f"{request.maker_name} / {actor}", "request": request.pk},
        at=at,
    )
    Batch.objects.filter(pk=batch.pk).update(job_uid=job.uid)


def run_recall(job: RunningJob) -> Mapping[str, Any]:
    """The job: every slice is told, the whole is audited once by whoever finishes it."""
    batch = find_batch(job.params["batch"])
    wanted = _open_count(batch.pk)
    job.told(0, wanted, _("voiding coupons"))
    done = 0
    for slice_ in _slices(batch, job.params["by"]):
        done += slice_.coupons
        job.told(done, max(wanted, done))
    done += void_lapsed(batch, job.params["by"])
    held = Coupon.objects.filter(batch_id=batch.pk, state=CouponState.LOCKED).count()
    voided = standing_of(batch.pk).get(CouponState.VOIDED, {"count": 0, "cents": 0})
    result = {"voided": voided["count"], "voided_cents": voided["cents"], "held": held}
    with transaction.atomic():
        record(events.RECALL_FINISHED, actor=None, target=batch, after=result)
    return result


def finish_recalls(at: datetime) -> int:
    """Locks that were waited for have ended since."""
    locked = Coupon.objects.filter(batch=OuterRef("pk"), state=CouponState.LOCKED)
    recalled = Batch.objects.filter(Exists(locked), state=BatchState.RECALLED).order_by("pk")
    return sum(void_lapsed(batch, "recall", at) for batch in recalled)


# --- slices ---------------------------------------------------------------------------------------
class Slice(NamedTuple):
    coupons: int
    last_id: int


_LEDGER = insert_from(
    "moved LEFT JOIN {customers} AS customer"
    " ON customer.number = moved.customer_number AND moved.customer_number <> ''"
    " LEFT JOIN {branches} AS branch ON branch.id = customer.branch_id",
    coupon_id="moved.id",
    batch_id="moved.batch_id",
    template_id="moved.template_id",
    terms_version="moved.terms_version",
    from_state="moved.was",
    to_state="%(voided)s",
    face_cents="moved.face_cents",
    # Nothing is promised while nobody has claimed it.
    accrued_cents="CASE WHEN moved.claimed_at IS NULL THEN 0 ELSE -moved.face_cents END",
    customer_number="moved.customer_number",
    branch_path="coalesce(branch.path, '')",
)
# Locked in the order of their keys, and looked at again once locked: whoever changed a coupon in
# the meantime has finished, and it is taken as it was left.
_VOID = f"""
WITH picked AS (
    SELECT id, state FROM {{coupons}}
     WHERE batch_id = %(batch)s AND id > %(after)s AND state = ANY(%(open)s)
     ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE
), moved AS (
    UPDATE {{coupons}} AS coupon SET state = %(voided)s
      FROM picked
     WHERE coupon.id = picked.id AND coupon.state = picked.state
 RETURNING coupon.id, coupon.batch_id, coupon.template_id, coupon.terms_version,
           coupon.face_cents, coupon.customer_number, coupon.claimed_at, picked.state AS was
), written AS (
    {_LEDGER} RETURNING 1
)
SELECT count(*), coalesce(sum(face_cents), 0), coalesce(max(id), 0),
       (SELECT count(*) FROM written)
  FROM moved
"""  # noqa: S608
_OPEN = [CouponState.STOCKED.value, CouponState.CLAIMED.value, CouponState.FROZEN.value]


def _slices(batch: Batch, by: str) -> Any:
    """Until a walk from the beginning finds nothing: whoever held a coupon may have let it go."""
    after = 0
    while True:
        with transaction.atomic():
            slice_ = _void_slice(batch, after, by, timezone.now())
        if slice_.coupons:
            after = slice_.last_id
            yield slice_
        elif after == 0:
            return
        else:
            after = 0


def _void_slice(batch: Batch, after: int, by: str, at: datetime) -> Slice:
    values = {
        "batch": batch.pk, "after": after, "limit": SLICE, "open": _OPEN, "at": at,
        "voided": CouponState.VOIDED.value, "action": LedgerAction.VOID.value,
        **who(None, name=by[:150], channel=Channel.JOB, note=batch.state_reason),
    }  # fmt: skip
    models = {
        "coupons": Coupon, "ledger": LedgerEntry, "customers": Customer, "branches": Branch,
    }  # fmt: skip
    with run(_VOID, models, values) as cursor:
        count, cents, last_id, _written = cursor.fetchone()
    if count:
        give_back(batch.template_id, int(cents), count)
    return Slice(count, last_id)


def void_lapsed(batch: Batch, by: str, at: datetime | None = None) -> int:
    """Coupons whose lock is over, one by one: what it counted against the limits is given back."""
    at = at or timezone.now()
    locked = Coupon.objects.filter(batch_id=batch.pk, state=CouponState.LOCKED, lock_until__lte=at)
    done = 0
    for pk in locked.order_by("pk").values_list("pk", flat=True):
        try:
            void_coupon(
                actor=actors.job(by[:70]), coupon_id=pk, note=batch.state_reason,
                key=f"recall-{batch.pk}-{pk}", at=at,
            )  # fmt: skip
        except CouponRefused:
            # Locked anew, or ended otherwise, since it was looked at.
            continue
        done += 1
    return done


def _open_count(batch_id: int) -> int:
    return Coupon.objects.filter(batch_id=batch_id, state__in=_OPEN).count()
