"""Delivery figures of one item for its page in a bank's console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit.context import current_schema
from customers.touchpoints import DayFigures, figures_of
from tenants.platform import PLATFORM

DAYS = 30


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """The newest day first."""

    days: list[DayFigures]
    shows: int
    touches: int
    closes: int
    reach: int

    @property
    def has_any(self) -> bool:
        return bool(self.shows or self.touches or self.closes)

    @property
    def touch_rate(self) -> str:
        """Of a hundred shows, how many were touched."""
        return f"{self.touches * 100 / self.shows:.1f}%" if self.shows else "—"


def item_figures(item_uid: UUID, days: int = DAYS) -> ItemFigures:
    rows = figures_of(item_uid, days)
    return ItemFigures(
        days=rows[::-1],
        shows=sum(row.shows for row in rows),
        touches=sum(row.touches for row in rows),
        closes=sum(row.closes for row in rows),
        reach=sum(row.reach for row in rows),
    )


def item_figures_context(item_uid: UUID) -> dict[str, Any]:
    """For a page that includes ``customers/item_figures.html``; the platform holds no touchpoints,
    and its pages show none."""
    if current_schema() == PLATFORM.schema_name:
        return {}
    return {"item_figures": item_figures(item_uid)}
