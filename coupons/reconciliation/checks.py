"""What must be equal: the coupons and the ledger, and the shares and what was spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from coupons.choices import CouponState
from coupons.models import Batch, Coupon, LedgerEntry, TemplateAccount
from coupons.reconciliation.day_totals import AMOUNTS, BatchSums, differing_days
from coupons.reconciliation.days import end_of, start_of
from coupons.reconciliation.stock_counts import BatchStock
from coupons.stock.ledgers import run

# Coupons of the day: where their last transition led, and what all their redemptions took off.
_UNLIKE = """
    WITH touched AS (
        SELECT DISTINCT coupon_id FROM {ledger}
        WHERE at >= %(start)s AND at < %(end)s AND coupon_id IS NOT NULL
    )
    SELECT coupon.batch_id, count(*) FROM touched
    CROSS JOIN LATERAL (
        SELECT (array_agg(to_state ORDER BY id DESC))[1] AS state, sum(spent_cents) AS spent
        FROM {ledger} WHERE coupon_id = touched.coupon_id
    ) AS told
    JOIN {coupons} AS coupon ON coupon.id = touched.coupon_id
    WHERE coupon.state <> told.state OR coupon.redeemed_cents <> told.spent
    GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True, order=True)
class Break:
    """``expected`` is the ledger's word (of a closed day or a file: what was kept). ``batch`` None
    = of a whole template, or of the day."""

    batch: int | None
    what: str
    expected: int | str
    found: int | str
    template: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class KnownBatch:
    id: int
    template_id: int
    count: int
    total_cents: int


def known_batches() -> dict[int, KnownBatch]:
    rows = Batch.objects.decided().values_list("pk", "template_id", "count", "total_cents")  # type: ignore[attr-defined]
    return {row[0]: KnownBatch(*row) for row in rows}


def stock_breaks(
    ledger: dict[int, BatchSums], stock: dict[int, BatchStock], known: dict[int, KnownBatch]
) -> Iterator[Break]:
    for batch_id in sorted({*ledger, *stock, *known}):
        batch = known.get(batch_id)
        sums = ledger.get(batch_id) or BatchSums(batch.template_id if batch else 0)
        if batch is None:
            yield Break(batch_id, "not_approved", 0, sums.stocked, sums.template_id)
            continue
        found = stock.get(batch_id) or BatchStock()
        for what, expected, counted in _pairs(sums, found, batch):
            if expected != counted:
                yield Break(batch_id, what, expected, counted, batch.template_id)


def _pairs(sums: BatchSums, stock: BatchStock, batch: KnownBatch) -> Iterator[tuple[str, int, int]]:
    yield "stocked", sums.stocked, batch.count
    yield "stocked_cents", sums.stocked_cents, batch.total_cents
    yield "coupons", sums.stocked, sum(stock.count.values())
    for state in CouponState.values:
        yield f"count.{state}", sums.count[state], stock.count[state]
        yield f"face.{state}", sums.face_cents[state], stock.face_cents[state]
    yield "accrued", sums.accrued_cents, stock.promised_cents
    yield "spent", sums.spent_cents, stock.redeemed_cents
    shares = sums.province_cents + sums.bank_cents + sums.merchant_cents
    yield "shares", sums.spent_cents, shares


def account_breaks(stock: dict[int, BatchStock], known: dict[int, KnownBatch]) -> Iterator[Break]:
    """Stock and budget of the templates: what their accounts say is taken."""
    held: dict[int, list[int]] = {}
    for batch in known.values():
        count, cents = (stock.get(batch.id) or BatchStock()).held
        taken = held.setdefault(batch.template_id, [0, 0])
        taken[0] += count
        taken[1] += cents
    accounts = TemplateAccount.objects.order_by("pk").values_list("pk", "held_count", "held_cents")
    for template_id, count, cents in accounts:
        found = held.get(template_id, [0, 0])
        if count != found[0]:
            yield Break(None, "held_count", found[0], count, template_id)
        if cents != found[1]:
            yield Break(None, "held_cents", found[1], cents, template_id)


def coupon_breaks(day: date, known: dict[int, KnownBatch]) -> Iterator[Break]:
    """Coupons that moved on the day and are not where, or worth what, the ledger left them: what
    adds up over the batch may still be wrong coupon by coupon."""
    values = {"start": start_of(day), "end": end_of(day)}
    with run(_UNLIKE, {"ledger": LedgerEntry, "coupons": Coupon}, values) as cursor:
        for batch_id, count in cursor:
            batch = known.get(batch_id)
            yield Break(batch_id, "unlike", 0, count, batch.template_id if batch else None)


def closed_day_breaks(days: Iterable[date], known: dict[int, KnownBatch]) -> Iterator[Break]:
    """Days whose ledger is not what it was when they were closed."""
    for (day, batch_id), (kept, now) in differing_days(days).items():
        batch = known.get(batch_id)
        template = batch.template_id if batch else None
        for name, before, after in zip(AMOUNTS, kept, now, strict=True):
            if before != after:
                yield Break(batch_id, f"closed.{name}.{day.isoformat()}", before, after, template)
        if kept == now:
            yield Break(batch_id, f"closed.kind.{day.isoformat()}", kept[0], now[0], template)
