from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name; ``link`` leads to the rows that it counts."""

    title: str
    value: int
    icon: str
    hint: str = ""
    link: str = ""
    urgent: bool = False


def link_to(page: str, query: str = "") -> str:
    """Address of a page of the console that is asked; empty when there is no such page."""
    try:
        address = reverse(f"admin:{page}")
    except NoReverseMatch:
        return ""
    return f"{address}?{query}" if query else address
