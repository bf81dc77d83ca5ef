"""Tidying: what the clock has ended long ago is closed in the books, and customers are told what
ends soon. Nothing depends on it: a coupon is expired when its time is over, closed or not.

Locks: the templates' accounts in the order of their keys, then coupons with SKIP LOCKED. So it
never waits for a coupon while it holds an account, and never meets anybody in a circle: neither
those who lock a coupon first (void) nor those who lock the account first (approval, recall).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from audit.services import record
from coupons import events
from coupons.choices import BatchState, Channel, CouponState, LedgerAction
from coupons.life.locks import unlocked
from coupons.life.rows import locked_row
from coupons.models import Answer, Batch, Coupon, CouponNotice, LedgerEntry, TemplateAccount
from coupons.stock.ledgers import insert_from, run, who

SLICE = 5_000
NOTICES = 50_000
EXPIRING = "expiring"
NOTICE_AHEAD = timedelta(days=3)
ANSWERS_KEPT = timedelta(days=30)
NAME = "expiry"

# Two ways to what is over: by the index of coupons that are held, and by that of each pool.
_LAPSED = """
    SELECT coupon.id FROM {coupons} AS coupon
    JOIN {batches} AS batch ON batch.id = coupon.batch_id
    WHERE coupon.state = 'locked' AND coupon.valid_until <= %(at)s AND coupon.lock_until <= %(at)s
        AND coupon.id > %(after)s AND batch.state IN ('live', 'frozen', 'recalled')
    ORDER BY coupon.id LIMIT %(slice)s
"""
_CLAIMED_DUE = """
    SELECT coupon.id, coupon.template_id FROM {coupons} AS coupon
    JOIN {batches} AS batch ON batch.id = coupon.batch_id
    WHERE coupon.state = 'claimed' AND coupon.valid_until <= %(at)s
        AND batch.state IN ('live', 'frozen', 'recalled')
    ORDER BY coupon.valid_until LIMIT %(slice)s
"""
_STOCKED_DUE_IN = """
    SELECT coupon.id, coupon.template_id FROM {coupons} AS coupon
    WHERE coupon.batch_id = %(batch)s AND coupon.state = 'stocked'
        AND coupon.branch_id IS {pool} AND coupon.valid_until <= %(at)s
    ORDER BY coupon.valid_until, coupon.id LIMIT %(slice)s
"""
# Stock for everybody and stock of branches, each by its own index.
_STOCKED_DUE = tuple(_STOCKED_DUE_IN.replace("{pool}", pool) for pool in ("NULL", "NOT NULL"))
# Between the look and the lock the row may have moved: the conditions are asked again.
_CLOSE = """
    WITH due AS (
        SELECT id, state FROM {coupons}
        WHERE id = ANY(%(ids)s) AND valid_until <= %(at)s AND state IN ('stocked', 'claimed')
        ORDER BY id FOR UPDATE SKIP LOCKED
    ), closed AS (
        UPDATE {coupons} AS coupon SET state = 'expired'
        FROM due WHERE coupon.id = due.id
        RETURNING coupon.id, coupon.batch_id, coupon.template_id, coupon.terms_version,
            coupon.face_cents, coupon.customer_number, due.state AS was
    ), told AS (
        {told}
    )
    SELECT template_id, count(*), sum(face_cents), count(*) FILTER (WHERE was = 'stocked')
    FROM closed GROUP BY template_id ORDER BY template_id
"""
_NOTICES = """
    INSERT INTO {notices} (coupon_id, customer_number, kind, at)
    SELECT coupon.id, coupon.customer_number, %(kind)s, %(at)s FROM {coupons} AS coupon
    JOIN {batches} AS batch ON batch.id = coupon.batch_id AND batch.state = 'live'
    WHERE coupon.state = 'claimed' AND coupon.valid_until > %(at)s
        AND coupon.valid_until <= %(until)s AND NOT EXISTS (
            SELECT 1 FROM {notices} AS notice
            WHERE notice.coupon_id = coupon.id AND notice.kind = %(kind)s
        )
    LIMIT %(slice)s
    ON CONFLICT (coupon_id, kind) DO NOTHING
"""
_OLD_ANSWERS = """
    DELETE FROM {answers} WHERE id IN (
        SELECT id FROM {answers} WHERE at < %(before)s ORDER BY at LIMIT %(slice)s
        FOR UPDATE SKIP LOCKED
    )
"""


@dataclass(slots=True)
class Tidied:
    """What one run did. ``of_stock``: of the coupons closed, those that nobody had claimed."""

    expired: int = 0
    # Locks that were over, on coupons that are over: undone first, to give back what they counted.
    released: int = 0
    of_stock: int = 0
    face_cents: int = 0
    exhausted_batches: int = 0
    notices: int = 0
    answers: int = 0

    @property
    def changed(self) -> bool:
        return any(asdict(self).values())


def tidy(*, at: datetime) -> Tidied:
    """For the current bank, in slices that each commit; safe to run again, and at once."""
    done = Tidied()
    try:
        _release_lapsed(done, at)
        _close_claimed(done, at)
        _close_stocked(done, at)
        done.exhausted_batches = _mark_exhausted()
        done.notices = _notify(at)
        done.answers = _forget_answers(at)
    finally:
        if done.changed:
            _record(done, at)
    return done


def _record(done: Tidied, at: datetime) -> None:
    with transaction.atomic():
        record(
            events.EXPIRED, actor=None, target_kind=Coupon._meta.label_lower, after=asdict(done),
            at=at,
        )  # fmt: skip


def _release_lapsed(done: Tidied, at: datetime) -> None:
    values: dict[str, Any] = {"at": at, "slice": SLICE, "after": 0}
    while True:
        with run(_LAPSED, _tables(), values) as cursor:
            lapsed = [coupon_id for (coupon_id,) in cursor.fetchall()]
        done.released += sum(_release(coupon_id, at) for coupon_id in lapsed)
        if len(lapsed) < SLICE:
            return
        values["after"] = lapsed[-1]


@transaction.atomic
def _release(coupon_id: int, at: datetime) -> bool:
    row = locked_row(coupon_id, None, None)
    return unlocked(row, at) is not row


def _close_claimed(done: Tidied, at: datetime) -> None:
    while _close_slice(_CLAIMED_DUE, {"at": at, "slice": SLICE}, done):
        pass


def _close_stocked(done: Tidied, at: datetime) -> None:
    due = Coupon.objects.filter(
        batch=OuterRef("pk"), state=CouponState.STOCKED, valid_until__lte=at
    )
    batches = Batch.objects.decided().filter(Exists(due)).order_by("pk")  # type: ignore[attr-defined]
    for batch_id in list(batches.values_list("pk", flat=True)):
        for statement in _STOCKED_DUE:
            while _close_slice(statement, {"at": at, "slice": SLICE, "batch": batch_id}, done):
                pass


def _close_slice(statement: str, values: dict[str, Any], done: Tidied) -> bool:
    """Whether there may be more. Coupons that somebody holds locked wait for the next run."""
    with transaction.atomic():
        with run(statement, _tables(), values) as cursor:
            due = cursor.fetchall()
        if not due:
            return False
        templates = sorted({template for _coupon, template in due})
        accounts = TemplateAccount.objects.filter(pk__in=templates)
        list(accounts.order_by("pk").select_for_update(no_key=True).values_list("pk"))
        closed = _close([coupon for coupon, _template in due], values["at"])
        for template, count, face, of_stock in closed:
            _let_go(template, count, int(face), values["at"])
            done.expired += count
            done.of_stock += of_stock
            done.face_cents += int(face)
    return bool(closed) and len(due) == values["slice"]


def _close(ids: list[int], at: datetime) -> list[tuple[Any, ...]]:
    values = {
        "ids": ids,
        "at": at,
        "action": LedgerAction.EXPIRE.value,
        **who(None, name=NAME, channel=Channel.JOB.value),
    }
    with run(_close_statement(), _tables(), values) as cursor:
        return cursor.fetchall()


@cache
def _close_statement() -> str:
    told = insert_from(
        # Where it was given, is where it is missing.
        "closed LEFT JOIN LATERAL (SELECT branch_path FROM {ledger} AS entry"
        " WHERE entry.coupon_id = closed.id AND entry.action IN ('claim', 'grant')"
        " ORDER BY entry.id DESC LIMIT 1) AS given ON closed.was <> 'stocked'",
        coupon_id="closed.id",
        batch_id="closed.batch_id",
        template_id="closed.template_id",
        terms_version="closed.terms_version",
        from_state="closed.was",
        to_state="'expired'",
        face_cents="closed.face_cents",
        accrued_cents="CASE WHEN closed.was = 'stocked' THEN 0 ELSE -closed.face_cents END",
        customer_number="closed.customer_number",
        branch_path="coalesce(given.branch_path, '')",
    )
    return _CLOSE.replace("{told}", told)


def _let_go(template_id: int, count: int, face_cents: int, at: datetime) -> None:
    TemplateAccount.objects.filter(pk=template_id).update(
        held_count=F("held_count") - count, held_cents=F("held_cents") - face_cents, changed_at=at
    )


def _mark_exhausted() -> int:
    """A frozen coupon of the pool may come back into it."""
    left = Coupon.objects.filter(batch=OuterRef("pk")).filter(
        Q(state=CouponState.STOCKED) | Q(state=CouponState.FROZEN, claimed_at=None)
    )
    open_batches = Batch.objects.filter(state=BatchState.LIVE, is_exhausted=False)
    empty = list(
        open_batches.exclude(Exists(left)).order_by("pk").values_list("pk", flat=True)
    )  # fmt: skip
    return Batch.objects.filter(pk__in=empty, is_exhausted=False).update(is_exhausted=True)


def _notify(at: datetime) -> int:
    values = {"kind": EXPIRING, "at": at, "until": at + NOTICE_AHEAD, "slice": NOTICES}
    return _until_nothing_is_left(_NOTICES, values)


def _forget_answers(at: datetime) -> int:
    values = {"before": at - ANSWERS_KEPT, "slice": SLICE}
    return _until_nothing_is_left(_OLD_ANSWERS, values)


def _until_nothing_is_left(statement: str, values: dict[str, Any]) -> int:
    total = 0
    while True:
        with transaction.atomic(), run(statement, _tables(), values) as cursor:
            count = cursor.rowcount
        total += count
        if not count:
            return total


def _tables() -> dict[str, Any]:
    return {
        "coupons": Coupon, "batches": Batch, "ledger": LedgerEntry, "notices": CouponNotice,
        "answers": Answer,
    }  # fmt: skip
