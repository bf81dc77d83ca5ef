"""What of a school's fees is paid, in cents and bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet, Sum

from fuxiang_zone.campus.choices import BillState, FeeState
from fuxiang_zone.campus.models import Bill, FeeItem, Payment
from fuxiang_zone.campus.wording import meant, yuan

if TYPE_CHECKING:
    from fuxiang_zone.campus.models import School

MOST_FEES = 50


@dataclass(frozen=True, slots=True)
class Collected:
    """``label`` is a fee or a class; ``pk`` that of the fee, for links."""

    label: str
    pk: int | None
    bills: int
    paid: int
    unpaid: int
    refunded: int
    cancelled: int
    billed_cents: int
    paid_cents: int
    unpaid_cents: int
    refunded_cents: int

    @property
    def percent(self) -> int:
        """Rounded down: 100 only when nothing is left."""
        asked = self.paid_cents + self.unpaid_cents
        return self.paid_cents * 100 // asked if asked else 0

    @property
    def shown(self) -> dict[str, str]:
        names = ("billed_cents", "paid_cents", "unpaid_cents", "refunded_cents")
        return {name: yuan(getattr(self, name)) for name in names}


def by_fee(school: School) -> list[Collected]:
    fees = FeeItem.objects.filter(school=school).exclude(
        state__in=[FeeState.DRAFT, FeeState.IN_REVIEW]
    )[:MOST_FEES]
    bills = _issued().filter(school=school, fee__in=[fee.pk for fee in fees])
    found = {row["fee"]: row for row in _counted(bills, "fee")}
    return [_collected(str(fee), fee.pk, found.get(fee.pk, {})) for fee in fees]


def by_class(fee: FeeItem) -> list[Collected]:
    rows = _counted(_issued().filter(fee=fee), "student__grade", "student__class_name")
    return [
        _collected(meant(row["student__grade"], row["student__class_name"]), None, row)
        for row in rows.order_by("student__grade", "student__class_name")
    ]


def in_total(rows: Sequence[Collected], label: str) -> Collected:
    sums = {
        name: sum(getattr(row, name) for row in rows)
        for name in Collected.__dataclass_fields__
        if name not in ("label", "pk")
    }
    return Collected(label=label, pk=None, **sums)


def stray_of(school: School) -> tuple[int, int]:
    """Payments that no bill accounts for: how many, and their cents."""
    found = Payment.objects.filter(school=school).stray()
    told = found.aggregate(count=Count("pk"), cents=Sum("amount_cents"))
    return told["count"], int(told["cents"] or 0)


def _issued() -> QuerySet[Bill]:
    return Bill.objects.exclude(state=BillState.DRAFT).order_by()


def _counted(bills: QuerySet[Bill], *names: str) -> Any:
    counts: dict[str, Any] = {}
    for state in (BillState.PAID, BillState.UNPAID, BillState.REFUNDED, BillState.CANCELLED):
        counts[f"n_{state}"] = Count("pk", filter=Q(state=state))
        counts[f"c_{state}"] = Sum("amount_cents", filter=Q(state=state))
    return bills.values(*names).annotate(bills=Count("pk"), **counts)


def _collected(label: str, pk: int | None, row: dict[str, Any]) -> Collected:
    def cents(*states: BillState) -> int:
        return sum(int(row.get(f"c_{state}") or 0) for state in states)

    return Collected(
        label=label,
        pk=pk,
        bills=row.get("bills", 0),
        paid=row.get("n_paid", 0),
        unpaid=row.get("n_unpaid", 0),
        refunded=row.get("n_refunded", 0),
        cancelled=row.get("n_cancelled", 0),
        billed_cents=cents(BillState.PAID, BillState.UNPAID, BillState.REFUNDED),
        paid_cents=cents(BillState.PAID),
        unpaid_cents=cents(BillState.UNPAID),
        refunded_cents=cents(BillState.REFUNDED),
    )
