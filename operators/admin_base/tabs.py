"""Status tabs above a list: 全部 12 · 草稿 3 · …, counted by one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise

TAB_PARAMETER = "tab"


@dataclass(frozen=True, slots=True)
class Tab:
    """``condition`` may refer to annotations of the admin's queryset."""

    key: str
    label: str | Promise
    condition: Q = field(default_factory=Q)


@dataclass(frozen=True, slots=True)
class ShownTab:
    label: str | Promise
    count: int
    address: str
    active: bool


def chosen_tab(tabs: Sequence[Tab], key: str) -> Tab | None:
    """The tab asked for; an unknown word means the first one."""
    found = (tab for tab in tabs if tab.key == key)
    return next(found, tabs[0] if tabs else None)


def count_tabs(queryset: QuerySet, tabs: Sequence[Tab]) -> dict[str, int]:
    counters = {
        f"tab_{number}": Count("pk", filter=tab.condition or None, distinct=True)
        for number, tab in enumerate(tabs)
    }
    counts = queryset.order_by().aggregate(**counters)
    return {tab.key: counts[f"tab_{number}"] for number, tab in enumerate(tabs)}
