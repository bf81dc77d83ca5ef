"""How much of a campaign's budget is committed, for bars and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaigns.taking.books import MARKS
from coupons.wording import yuan

if TYPE_CHECKING:
    from campaigns.models import Campaign


@dataclass(frozen=True, slots=True)
class BudgetBar:
    budget_cents: int
    committed_cents: int
    # The highest mark that is reached; 0 = none.
    mark: int = 0
    is_live: bool = False

    @property
    def percent(self) -> int:
        """Rounded down: 100 only when it is used up."""
        return min(100, self.committed_cents * 100 // self.budget_cents) if self.budget_cents else 0

    @property
    def width(self) -> str:
        """Of the bar, in per cent: something is seen as soon as something is committed."""
        share = self.committed_cents * 1000 // self.budget_cents if self.budget_cents else 0
        return f"{min(share, 1000) / 10:.1f}"

    @property
    def tone(self) -> str:
        passed = [mark for mark in MARKS if self.percent >= mark]
        return {0: "ok", 1: "near", 2: "short", 3: "out"}[len(passed)]

    @property
    def budget(self) -> str:
        return yuan(self.budget_cents)

    @property
    def committed(self) -> str:
        return yuan(self.committed_cents)

    @property
    def left(self) -> str:
        return yuan(self.budget_cents - self.committed_cents)

    @property
    def marks(self) -> tuple[int, ...]:
        return MARKS


def budget_bar(campaign: Campaign) -> BudgetBar:
    """Of what is published, or of the draft when nothing is."""
    account = getattr(campaign, "account", None)
    if account is None:
        return BudgetBar(campaign.budget_cents, 0)
    return BudgetBar(
        account.budget_cents, account.committed_cents, account.mark,
        is_live=account.live_version is not None,
    )  # fmt: skip
