"""Amounts, rates and days as bankers type them; the values are cents, basis points and moments."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from coupons.terms import amounts
from coupons.wording import yuan as plain_yuan


class FigureInput(forms.TextInput):
    """As wide as a figure; the keyboard of a phone shows digits."""

    def __init__(self, **attrs: Any) -> None:
        shown = {"class": " ".join([*INPUT_CLASSES, "fx-figure-input"]), "inputmode": "decimal"}
        super().__init__(attrs={**shown, "autocomplete": "off", **attrs})


class _TypedNumber(forms.CharField):
    """Text on the screen, a whole number in the form. Empty is ``None``."""

    wrong: Any
    read: Callable[[str], int]
    show: Callable[[int], str]

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", FigureInput())
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return type(self).show(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text in self.empty_values:
            return None
        try:
            return type(self).read(text or "")
        except ValueError:
            raise forms.ValidationError(self.wrong) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


class YuanField(_TypedNumber):
    """Cents; 1,234.5, ￥20 and 20元 are understood."""

    wrong = _("Enter an amount in yuan with at most two decimals, like 1,234.50.")
    read = staticmethod(amounts.cents_of)
    show = staticmethod(plain_yuan)


class CountField(_TypedNumber):
    """A whole number, with or without thousands separators."""

    wrong = _("Enter a whole number, like 10,000.")

    @staticmethod
    def read(text: str) -> int:
        digits = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "").strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 13):
            raise ValueError(text)
        return int(digits)

    @staticmethod
    def show(value: int) -> str:
        return f"{value:,}"


class PercentField(_TypedNumber):
    """Basis points."""

    wrong = _("Enter a percentage with at most two decimals, like 0.25 or 15%.")
    read = staticmethod(amounts.basis_points_of)

    @staticmethod
    def show(value: int) -> str:
        return amounts.percent(value).removesuffix("%") if value else ""


class DiscountField(_TypedNumber):
    """Basis points that are taken off, typed as what is left in tenths (8.5) or, with %, as the
    share off."""

    wrong = _("Enter the discount like 8.5 (85% is paid) or 15% (15% off).")

    @staticmethod
    def read(text: str) -> int:
        if unicodedata.normalize("NFKC", text).strip().endswith("%"):
            return amounts.basis_points_of(text)
        off = amounts.basis_points_off(text)
        if off < 0:
            raise ValueError(text)
        return off

    @staticmethod
    def show(value: int) -> str:
        return amounts.tenths_left(value) if value else ""


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"class": " ".join([*INPUT_CLASSES, "fx-day"])})


class FirstDayField(forms.DateField):
    """The midnight with which a day begins, in the console's time zone."""

    widget = DayInput
    days = 0

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return timezone.localtime(value).date() - timedelta(days=self.days)
        return value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value
        text = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else value
        day: date | None = super().to_python(text)
        if day is None:
            return None
        try:
            midnight = datetime.combine(day + timedelta(days=self.days), time())
            return timezone.make_aware(midnight)
        except (OverflowError, ValueError):
            raise forms.ValidationError(_("Enter a day, like 2026-12-31."), "invalid") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


class LastDayField(FirstDayField):
    """The midnight that ends a day."""

    days = 1
