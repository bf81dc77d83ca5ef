"""What of a template's stock and budget is taken, and what its makers should know about that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from coupons.choices import BatchState, CouponState
from coupons.models import Batch, Coupon, DayTotal, LedgerEntry
from coupons.terms.reading import SHANGHAI
from coupons.wording import yuan as plain_yuan

if TYPE_CHECKING:
    from coupons.models import CouponTemplate

LOW_STOCK = 10
# Per cent of the budget from which on it is worth a word; the higher first.
BUDGET_STEPS = (100, 95, 80)


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a bar; ``share`` of the whole in per cent."""

    name: str
    label: str
    shown: str
    share: float


@dataclass(frozen=True, slots=True)
class Taken:
    stock_limit: int
    held_count: int
    budget_cents: int
    held_cents: int
    # Coupons by state, of batches that were approved.
    states: dict[str, int]
    accrued_cents: int
    spent_cents: int

    @property
    def available(self) -> int:
        return self.states.get(CouponState.STOCKED, 0)

    @property
    def claimed(self) -> int:
        kept = (CouponState.CLAIMED, CouponState.LOCKED, CouponState.FROZEN)
        return sum(self.states.get(state, 0) for state in kept)

    @property
    def redeemed(self) -> int:
        return self.states.get(CouponState.REDEEMED, 0)

    @property
    def gone(self) -> int:
        return sum(self.states.get(each, 0) for each in (CouponState.EXPIRED, CouponState.VOIDED))

    @property
    def shown_held(self) -> str:
        return plain_yuan(self.held_cents)

    @property
    def shown_budget(self) -> str:
        return plain_yuan(self.budget_cents)

    @property
    def stock_parts(self) -> list[Part]:
        free = max(0, self.stock_limit - self.held_count)
        parts = [
            ("available", _("available"), self.available),
            ("claimed", _("with customers"), self.claimed),
            ("redeemed", _("redeemed"), self.redeemed),
            ("free", _("not stocked yet"), free),
        ]
        return [
            Part(name, label, f"{number:,}", _share(number, self.stock_limit))
            for name, label, number in parts
        ]

    @property
    def budget_parts(self) -> list[Part]:
        stocked = max(0, self.held_cents - self.accrued_cents - self.spent_cents)
        free = max(0, self.budget_cents - max(self.held_cents, self.accrued_cents))
        parts = [
            ("available", _("in stock"), stocked),
            ("claimed", _("with customers"), self.accrued_cents),
            ("redeemed", _("spent"), self.spent_cents),
            ("free", _("not planned yet"), free),
        ]
        return [
            Part(name, label, plain_yuan(cents), _share(cents, self.budget_cents))
            for name, label, cents in parts
        ]

    @property
    def warnings(self) -> list[str]:
        return [
            sentence for sentence in (self._stock_warning(), self._budget_warning()) if sentence
        ]

    def _stock_warning(self) -> str:
        approved = sum(self.states.values())
        if not approved:
            return _("No batch has been approved yet: there is nothing to claim.")
        if self.available * 100 >= approved * LOW_STOCK:
            return ""
        return _("Only %(left)s of %(all)s coupons are left: think of a new batch.") % {
            "left": f"{self.available:,}", "all": f"{approved:,}",
        }  # fmt: skip

    def _budget_warning(self) -> str:
        for step in BUDGET_STEPS:
            if self.held_cents * 100 >= self.budget_cents * step:
                return _("%(step)s%% of the budget is taken by batches.") % {"step": step}
        return ""


def taken_of(template: CouponTemplate) -> Taken | None:
    """None while it has never been published."""
    account = getattr(template, "account", None)
    if account is None:
        return None
    accrued, spent = _amounts(template.pk)
    return Taken(
        stock_limit=account.stock_limit,
        held_count=account.held_count,
        budget_cents=account.budget_cents,
        held_cents=account.held_cents,
        states=_states(template.pk),
        accrued_cents=accrued,
        spent_cents=spent,
    )


def _states(template_id: int) -> dict[str, int]:
    batches = Batch.objects.filter(
        template=template_id, state__in=[BatchState.LIVE, BatchState.FROZEN]
    ).values_list("pk", flat=True)
    counted = Coupon.objects.filter(batch__in=list(batches)).order_by().values("state")
    return {row["state"]: row["count"] for row in counted.annotate(count=Count("pk"))}


def _amounts(template_id: int) -> tuple[int, int]:
    """Closed days from their totals, the rest from the ledger."""
    sums = {"accrued": Sum("accrued_cents"), "spent": Sum("spent_cents")}
    closed = DayTotal.objects.filter(template=template_id)
    last = DayTotal.objects.aggregate(day=Max("day"))["day"]
    rows = LedgerEntry.objects.filter(template=template_id)
    if last is not None:
        rows = rows.filter(at__gte=datetime.combine(last + timedelta(days=1), time(), SHANGHAI))
    found = [closed.aggregate(**sums), rows.aggregate(**sums)]
    return (
        sum(each["accrued"] or 0 for each in found),
        sum(each["spent"] or 0 for each in found),
    )


def _share(part: int, whole: int) -> float:
    """However little it is, it shows."""
    return max(0.01, round(part * 100 / whole, 2)) if whole and part else 0.0
