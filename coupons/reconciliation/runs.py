"""The work of one run: totals, sums, checks, files, all from one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from coupons.choices import CouponState
from coupons.models import DayTotal, Reconciliation
from coupons.reconciliation import checks, liability, settlement
from coupons.reconciliation.checks import Break
from coupons.reconciliation.day_totals import (
    AMOUNTS,
    BatchSums,
    closed_days,
    read_sums,
    rebuild,
)
from coupons.reconciliation.days import end_of
from coupons.reconciliation.liability import Owed
from coupons.reconciliation.settlement import Names, Written
from coupons.reconciliation.snapshots import snapshot
from coupons.reconciliation.stock_counts import count_stock

# Closed days that every run reads again: an entry that was taken out or added shows within a month
# by itself, and an older one when a Sunday is reconciled, which reads the whole ledger.
RECHECKED = timedelta(days=31)
SUNDAY = 7


@dataclass(frozen=True, slots=True)
class Outcome:
    day: date
    totals: dict[str, Any]
    breaks: list[Break]
    files: list[Written]

    @property
    def broken_batches(self) -> list[int]:
        return sorted({each.batch for each in self.breaks if each.batch is not None})


def run_day(day: date, folder: Path, *, preliminary: bool = False) -> Outcome:
    """``preliminary``: a day that is not over; its totals are worked out and not kept."""
    with snapshot(keep=not preliminary):
        rebuild(day)
        closed = closed_days()
        sums = read_sums(day, [*closed, day])
        stock, known = count_stock(), checks.known_batches()
        breaks = [
            *checks.stock_breaks(sums.now, stock, known),
            *checks.account_breaks(stock, known),
            *checks.coupon_breaks(day, known),
            *checks.closed_day_breaks(_rechecked(day, closed), known),
        ]
        owed = liability.outstanding(end_of(day))
        branches = settlement.branches_named(settlement.branch_paths(day), _known_branches(day))
        names = Names(day, branches)
        stem = settlement.stem_of(day, preliminary=preliminary)
        files = settlement.write_files(folder, day, stem, names, owed)
        totals = _totals(day, sums.at_end, owed, names)
    return Outcome(day, totals, breaks, files)


def _rechecked(day: date, closed: Sequence[date]) -> list[date]:
    if day.isoweekday() == SUNDAY:
        return [each for each in closed if each != day]
    return [each for each in closed if each != day and abs(each - day) <= RECHECKED]


def _known_branches(day: date) -> dict[str, Any]:
    kept = Reconciliation.objects.filter(day=day).values_list("totals__branches", flat=True)
    return dict(kept.first() or {})


def _totals(
    day: date, at_end: dict[int, BatchSums], owed: list[Owed], names: Names
) -> dict[str, Any]:
    """What is kept of the run; amounts in cents.

    ``day``: transitions of the day by action. ``end``: coupons, face value and money at its end.
    ``owed``: what customers hold at its end, by template and by bucket. ``branches``: how they
    were called.
    """
    return {
        "day": _moves(day),
        "end": _standing(at_end.values()),
        "owed": {
            "valid": _whole(liability.still_valid(owed)),
            "ended": _whole(each for each in owed if each.expiry == liability.ENDED),
            "templates": [
                {**each.as_json(), "code": names.template(each.template)[0],
                 "name": names.template(each.template)[1]}
                for each in liability.by_template(liability.still_valid(owed))
            ],
            "expiries": [each.as_json() for each in liability.by_expiry(owed)],
            "ages": [each.as_json() for each in liability.by_age(liability.still_valid(owed))],
        },
        "branches": dict(names.branches),
    }  # fmt: skip


def _moves(day: date) -> dict[str, dict[str, int]]:
    moves: dict[str, dict[str, int]] = {}
    rows = DayTotal.objects.filter(day=day).values_list("action", *AMOUNTS)
    for action, *amounts in rows:
        kept = moves.setdefault(action, dict.fromkeys(AMOUNTS, 0))
        for name, amount in zip(AMOUNTS, amounts, strict=True):
            kept[name] += amount
    return moves


def _standing(batches: Any) -> dict[str, Any]:
    states = {state: {"count": 0, "face_cents": 0} for state in CouponState.values}
    money = dict.fromkeys(("stocked", "stocked_cents", *AMOUNTS[2:]), 0)
    for batch in batches:
        for state in CouponState.values:
            states[state]["count"] += batch.count[state]
            states[state]["face_cents"] += batch.face_cents[state]
        for name in money:
            money[name] += getattr(batch, name)
    return {"states": states, **money}


def _whole(owed: Any) -> dict[str, int]:
    sums = Owed(0)
    for each in owed:
        sums.add(each)
    shown = ("count", "face_cents", "province_cents", "bank_cents", "merchant_cents")
    return {name: getattr(sums, name) for name in shown}
