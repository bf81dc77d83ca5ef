"""What an operator's console remembers: the number of rows per page, list by list."""

from __future__ import annotations

from typing import Any

PAGE_SIZES = (20, 50, 100)


def page_size(operator: Any, list_name: str, default: int) -> int:
    chosen = getattr(operator, "preferences", {}).get("page_size", {}).get(list_name)
    return chosen if chosen in PAGE_SIZES else default


def remember_page_size(operator: Any, list_name: str, size: int) -> None:
    """A size that is not on offer is ignored."""
    if size not in PAGE_SIZES:
        return
    sizes = {**operator.preferences.get("page_size", {}), list_name: size}
    operator.preferences = {**operator.preferences, "page_size": sizes}
    operator.save(update_fields=["preferences"])
