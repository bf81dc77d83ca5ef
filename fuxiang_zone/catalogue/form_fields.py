"""Console controls of a product type's fields; what they clean to is what is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from fuxiang_zone.catalogue.choices import FieldType
from fuxiang_zone.catalogue.errors import BadValue
from fuxiang_zone.catalogue.fields import OF_MONEY, TEXT_MOST, Field
from fuxiang_zone.catalogue.values import bound_words, clean_value, decimal_of, plain, yuan


class _FigureInput(forms.TextInput):
    def __init__(self) -> None:
        classes = " ".join([*INPUT_CLASSES, "fx-figure-input"])
        super().__init__({"class": classes, "inputmode": "decimal", "autocomplete": "off"})


class _DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": " ".join([*INPUT_CLASSES, "fx-day"])}, "%Y-%m-%d")


class _EndsInput(forms.MultiWidget):
    def __init__(self) -> None:
        super().__init__({"least": _FigureInput(), "most": _FigureInput()}, {})

    def decompress(self, value: Any) -> list[Any]:
        return [value.get("least"), value.get("most")] if isinstance(value, dict) else [None, None]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, words in zip(
            context["widget"]["subwidgets"], (_("from"), _("to (included)")), strict=True
        ):
            part["attrs"] |= {"aria-label": str(words), "placeholder": str(words)}
        return context


class SchemaField(forms.Field):
    """Text or a choice on the screen; ``clean`` gives the value as it is kept, or ``None``."""

    def __init__(self, field: Field, **options: Any) -> None:
        self.schema_field = field
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        show = _SHOW.get(self.schema_field.type)
        return value if show is None or isinstance(value, str) else show(value)

    def clean(self, value: Any) -> Any:
        try:
            kept = clean_value(self.schema_field, self.read(value))
        except BadValue as error:
            raise forms.ValidationError(str(error)) from error
        self.validate(kept)
        return kept

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def read(self, value: Any) -> Any:
        """What the screen sent, as ``clean_value`` takes it; what cannot be read goes on as it
        is, to be refused there by name."""
        reader = _READ.get(self.schema_field.type)
        return reader(value) if reader and isinstance(value, str) and value.strip() else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(clean_value(self.schema_field, self.read(data)) != initial)
        except BadValue:
            return True


class _EndsField(SchemaField):
    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            show = yuan if self.schema_field.type in OF_MONEY else "{:,}".format
            return {end: None if each is None else show(each) for end, each in value.items()}
        return value

    def read(self, value: Any) -> Any:
        least, most = value if isinstance(value, list) else (None, None)
        reader = cents_of if self.schema_field.type in OF_MONEY else whole_of
        ends = {"least": least, "most": most}
        read = {name: reader(end) if end else None for name, end in ends.items()}
        return read if any(each is not None for each in read.values()) else None


def form_field(field: Field) -> forms.Field:
    """A Django form field with the house's controls: unit in the label, help with the allowed
    range and the compliance note below."""
    make = _EndsField if isinstance(_widget(field), _EndsInput) else SchemaField
    return make(
        field, label=_label(field), help_text=_help(field), required=field.required,
        widget=_widget(field),
    )  # fmt: skip


def _label(field: Field) -> str:
    unit = field.shown_unit
    if not unit:
        return field.label
    is_chinese = (get_language() or "").startswith("zh")
    return f"{field.label}（{unit}）" if is_chinese else f"{field.label} ({unit})"


def _help(field: Field) -> str:
    words = " ".join(each for each in (field.help, bound_words(field)) if each)
    if not field.compliance_note:
        return words
    note = _("Compliance: %(note)s") % {"note": field.compliance_note}
    return format_html('{} <strong class="fx-compliance-note">{}</strong>', words, note)


def _widget(field: Field) -> forms.Widget:
    kind = field.type
    if kind in (FieldType.RANGE_MONEY, FieldType.RANGE_INTEGER):
        return _EndsInput()
    if kind == FieldType.LONG_TEXT:
        return UnfoldAdminTextareaWidget({"rows": 4, "maxlength": TEXT_MOST[kind]})
    if kind == FieldType.DATE:
        return _DayInput()
    if kind == FieldType.CHOICE:
        return UnfoldAdminSelectWidget(choices=[("", "—"), *field.options])
    if kind == FieldType.CHOICES:
        return forms.CheckboxSelectMultiple({"class": "fx-choices"}, choices=field.options)
    if kind == FieldType.BOOLEAN:
        return UnfoldAdminSelectWidget(choices=[("", "—"), ("true", _("yes")), ("false", _("no"))])
    if kind in (FieldType.TEXT, FieldType.URL, FieldType.PHONE, FieldType.AMOUNTS):
        return UnfoldAdminTextInputWidget()
    return _FigureInput()


# --- what people type ----------------------------------------------------------------------------
def _tidy(text: str) -> str:
    tidy = unicodedata.normalize("NFKC", text).strip()
    return tidy.replace(",", "").replace(" ", "").lstrip("¥￥").removesuffix("元")


def cents_of(text: str) -> Any:
    """1,234.5, ￥20, 20元 and 5万 are understood; the text itself when it is no amount."""
    tidy = _tidy(text)
    factor = 1_000_000 if tidy.endswith("万") else 100
    number = decimal_of(tidy.removesuffix("万"))
    cents = None if number is None else number * factor
    return int(cents) if cents is not None and cents == int(cents) else text


def whole_of(text: str) -> Any:
    number = decimal_of(_tidy(text))
    return int(number) if number is not None and number == int(number) else text


def _decimal_of(text: str) -> Any:
    number = decimal_of(_tidy(text).removesuffix("%"))
    return text if number is None else plain(number)


def _amounts_of(text: str) -> Any:
    parts = unicodedata.normalize("NFKC", text).replace("、", " ").replace(";", " ")
    return [cents_of(part) for part in parts.replace(", ", " ").split()]


def _day_of(text: str) -> Any:
    return unicodedata.normalize("NFKC", text).strip().replace("/", "-")


_READ: dict[FieldType, Callable[[str], Any]] = {
    FieldType.MONEY: cents_of,
    FieldType.INTEGER: whole_of,
    FieldType.DECIMAL: _decimal_of,
    FieldType.PERCENT: _decimal_of,
    FieldType.AMOUNTS: _amounts_of,
    FieldType.DATE: _day_of,
    FieldType.BOOLEAN: lambda text: {"true": True, "false": False}.get(text, text),
    FieldType.PHONE: lambda text: unicodedata.normalize("NFKC", text),
}
_SHOW: dict[FieldType, Callable[[Any], Any]] = {
    FieldType.MONEY: lambda value: yuan(value) if isinstance(value, int) else value,
    FieldType.INTEGER: lambda value: f"{value:,}" if isinstance(value, int) else value,
    FieldType.AMOUNTS: lambda value: " ".join(yuan(each) for each in value or ()),
    FieldType.BOOLEAN: lambda value: {True: "true", False: "false"}.get(value, ""),
    FieldType.CHOICES: lambda value: value,
    FieldType.DATE: lambda value: value.isoformat() if isinstance(value, date) else value,
    FieldType.DECIMAL: lambda value: plain(value) if isinstance(value, Decimal) else value,
    FieldType.PERCENT: lambda value: plain(value) if isinstance(value, Decimal) else value,
}
