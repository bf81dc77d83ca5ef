"""Amounts, rates and shares as people read and type them; kept as whole cents and basis points."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from coupons.terms.reading import WHOLE
from coupons.wording import yuan as plain_yuan

_YUAN_MARKS = re.compile(r"[,\s¥￥]|人民币|CNY|RMB")


def yuan(cents: int) -> str:
    """12,345.60 元"""
    return _("%(amount)s yuan") % {"amount": plain_yuan(cents)}


def short_yuan(cents: int) -> str:
    """Without a fraction that is nothing: 50, 49.90; for a coupon's face."""
    return f"{cents // 100:,}" if cents % 100 == 0 else plain_yuan(cents)


def percent(basis_points: int) -> str:
    """Of 10,000: 15%, 2.5%, 0.05%"""
    return f"{_trimmed(Decimal(basis_points) / 100)}%"


def discount_words(rate_bp: int) -> str:
    """What is left to pay, as Chinese shops say it (8.5折), or what is taken off (15% off)."""
    if (get_language() or "").startswith("zh"):
        return f"{tenths_left(rate_bp)}折"
    return _("%(share)s off") % {"share": percent(rate_bp)}


def tenths_left(rate_bp: int) -> str:
    """Of what is paid: 8.5 when 15 % are taken off."""
    return _trimmed(Decimal(WHOLE - rate_bp) / 1000)


def _trimmed(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cents_of(raw: str) -> int:
    """From what a person types: 1,234.5, ￥20, 20元, １００. Raises ValueError."""
    text = unicodedata.normalize("NFKC", raw).strip()
    return _scaled(_YUAN_MARKS.sub("", text).removesuffix("元"), 100)


def basis_points_of(raw: str) -> int:
    """From per cent: 15, 2.5%. Raises ValueError."""
    return _scaled(unicodedata.normalize("NFKC", raw).strip().removesuffix("%").strip(), 100)


def basis_points_off(raw: str) -> int:
    """From a Chinese discount, what is left in tenths: 8.5 or 8.5折 takes 15 % off."""
    text = unicodedata.normalize("NFKC", raw).strip().removesuffix("折").strip()
    return WHOLE - _scaled(text, 1000)


def _scaled(text: str, factor: int) -> int:
    if not re.fullmatch(r"\d{1,13}(?:\.\d+)?", text, re.ASCII):
        raise ValueError(text)
    try:
        number = Decimal(text) * factor
    except InvalidOperation as error:
        raise ValueError(text) from error
    if number != number.to_integral_value():
        raise ValueError(text)
    return int(number)
