"""Amounts as people read them."""

from __future__ import annotations


def yuan(cents: int) -> str:
    """1,234.50; exact whatever the size."""
    sign, whole = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"
