"""Amounts and rates as people read them, and a product in words."""

from __future__ import annotations

from decimal import Decimal


def yuan(cents: int) -> str:
    """50,000.00; exact whatever the size."""
    sign, whole = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"


def percent(rate: Decimal) -> str:
    """2.15%, 1.9375%: at least two decimals."""
    text = f"{rate:.4f}"
    return f"{text[:-2] if text.endswith('00') else text.rstrip('0')}%"
