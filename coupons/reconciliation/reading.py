"""A day for its page: who used what where, and who pays for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum

from coupons.choices import Bearer, CouponState, LedgerAction
from coupons.models import DayTotal, Reconciliation
from coupons.reconciliation.settlement import Money, Names

DAYS = 30
GIVEN = (LedgerAction.CLAIM.value, LedgerAction.GRANT.value)
_SUMS = {
    name: Sum(name)
    for name in ("count", "face_cents", "spent_cents", "province_cents", "bank_cents",
                 "merchant_cents")
}  # fmt: skip


@dataclass(slots=True)
class Moves:
    """Transitions of one line of a table; amounts in cents, reversals as they are written: below
    nothing."""

    label: str = ""
    note: str = ""
    claimed: int = 0
    claimed_cents: int = 0
    redeemed: int = 0
    redeemed_cents: int = 0
    reversed: int = 0
    reversed_cents: int = 0
    expired: int = 0
    # Net, by bearer.
    shares: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Bearer.values, 0))

    @property
    def net_cents(self) -> int:
        return self.redeemed_cents + self.reversed_cents

    @property
    def taken_back_cents(self) -> int:
        return -self.reversed_cents

    # For charts: without a separator.
    @property
    def claimed_yuan(self) -> str:
        return str(Money(self.claimed_cents))

    @property
    def redeemed_yuan(self) -> str:
        return str(Money(self.redeemed_cents))

    @property
    def reversed_yuan(self) -> str:
        return str(Money(self.taken_back_cents))

    def add(self, action: str, sums: dict[str, int]) -> None:
        if action in GIVEN:
            self.claimed += sums["count"]
            self.claimed_cents += sums["face_cents"]
        elif action == LedgerAction.REDEEM:
            self.redeemed += sums["count"]
            self.redeemed_cents += sums["spent_cents"]
        elif action == LedgerAction.REVERSE:
            self.reversed += sums["count"]
            self.reversed_cents += sums["spent_cents"]
        elif action == LedgerAction.EXPIRE:
            self.expired += sums["count"]
        for bearer in Bearer.values:
            self.shares[bearer] += sums[f"{bearer}_cents"]


def whole_day(day: date) -> Moves:
    return _grouped(DayTotal.objects.filter(day=day)).get((), Moves())


def by_template(kept: Reconciliation) -> list[Moves]:
    names = Names(kept.day, {})
    found = _grouped(DayTotal.objects.filter(day=kept.day), "template_id")
    for (template_id,), moves in found.items():
        moves.note, moves.label = names.template(template_id)
    return _used(found.values())


def by_branch(kept: Reconciliation) -> list[Moves]:
    names = Names(kept.day, kept.totals.get("branches", {}))
    found = _grouped(DayTotal.objects.filter(day=kept.day), "branch_path")
    for (path,), moves in found.items():
        moves.note, moves.label = names.branch(path)
    return _used(found.values())


def last_days(until: date, days: int = DAYS) -> list[tuple[date, Moves]]:
    """The newest first, with those on which nothing happened."""
    first = until - timedelta(days=days - 1)
    found = _grouped(DayTotal.objects.filter(day__gte=first, day__lte=until), "day")
    wanted = [until - timedelta(days=back) for back in range(days)]
    return [(day, found.get((day,), Moves())) for day in wanted]


def bearer_rows(moves: Moves, owed: dict[str, Any], end: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "label": bearer.label,
            "day_cents": moves.shares[bearer.value],
            "all_cents": end.get(f"{bearer.value}_cents", 0),
            "owed_cents": owed.get(f"{bearer.value}_cents", 0),
        }
        for bearer in Bearer
    ]


def state_rows(end: dict[str, Any]) -> list[dict[str, Any]]:
    states = end.get("states", {})
    return [
        {"label": state.label, **states.get(state.value, {"count": 0, "face_cents": 0})}
        for state in CouponState
    ]


def _grouped(rows: Any, *columns: str) -> dict[tuple[Any, ...], Moves]:
    found: dict[tuple[Any, ...], Moves] = {}
    for row in rows.values(*columns, "action").annotate(**_SUMS).order_by(*columns, "action"):
        key = tuple(row[column] for column in columns)
        found.setdefault(key, Moves()).add(row["action"], row)
    return found


def _used(found: Any) -> list[Moves]:
    """Without those that were only stocked; the most spent first."""
    shown: Sequence[Moves] = [
        each for each in found if each.claimed or each.redeemed or each.reversed or each.expired
    ]
    return sorted(shown, key=lambda each: (-each.net_cents, -each.claimed, each.note))
