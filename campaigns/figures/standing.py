"""The last comparison of a campaign's books, line by line, as a banker reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from coupons.wording import yuan

if TYPE_CHECKING:
    from campaigns.models import DayTie


@dataclass(frozen=True, slots=True)
class Line:
    """Sums that must be the same, each with its name."""

    sums: list[tuple[str, str]]
    is_even: bool


def standing_of(tie: DayTie) -> list[Line]:
    sums = tie.sums
    shares = sum(
        sums.get(f"figures_{bearer}_cents", 0) for bearer in ("province", "bank", "merchant")
    )
    money = (
        [
            (_("committed of the budget"), sums.get("committed")),
            (_("ledger of the budget"), sums.get("ledger")),
            (_("rewards"), sums.get("rewards")),
            (_("figures by day"), sums.get("figures_committed_cents")),
        ],
        [
            (_("cost of the coupons given"), sums.get("coupons_cost")),
            (_("face value of those coupons"), sums.get("coupons_face")),
        ],
        [
            (_("redeemed, by the coupons' ledger"), sums.get("coupons_spent")),
            (_("redeemed, by the figures"), sums.get("figures_redeemed_cents")),
            (_("shares of the bearers"), shares),
        ],
    )
    counts = (
        [
            (_("participations counted"), sums.get("counted")),
            (_("participations stored"), sums.get("participations")),
            (_("participations, by the figures"), sums.get("figures_participations")),
        ],
        [
            (_("coupons given"), sums.get("coupons_given")),
            (_("coupons given, by the figures"), sums.get("figures_claims")),
        ],
    )
    return [
        *(_line([(name, cents or 0) for name, cents in each], money=True) for each in money),
        *(_line([(name, number or 0) for name, number in each], money=False) for each in counts),
    ]


def _line(sums: list[tuple[str, int]], *, money: bool) -> Line:
    shown = [(name, yuan(value) if money else f"{value:,}") for name, value in sums]
    return Line(shown, len({value for _name, value in sums}) == 1)
