"""A product type as banks and customers will see it, filled with an example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from fuxiang_zone.catalogue.choices import FieldType
from fuxiang_zone.catalogue.errors import BadValue
from fuxiang_zone.catalogue.fields import OF_MONEY, Field
from fuxiang_zone.catalogue.schema import clean_value, form_field, show_value

_USUAL_MONEY = 10_000_00


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    value: str
    is_long: bool


def sample_value(field: Field, today: date) -> Any:
    """Something that the field takes; ``None`` when its bounds leave nothing obvious."""
    try:
        return clean_value(field, _guess(field, today))
    except BadValue:
        return None


def _guess(field: Field, today: date) -> Any:
    kind = field.type
    if kind in (FieldType.TEXT, FieldType.LONG_TEXT):
        return _("Example of %(label)s") % {"label": field.label}
    if kind in (FieldType.RANGE_MONEY, FieldType.RANGE_INTEGER):
        low, high = _number(field, 1), _number(field, 10)
        return {"least": min(low, high), "most": max(low, high)}
    if kind == FieldType.AMOUNTS:
        return sorted({_number(field, factor) for factor in (1, 2, 5)})
    if kind in (FieldType.MONEY, FieldType.INTEGER):
        return _number(field, 1)
    if kind in (FieldType.DECIMAL, FieldType.PERCENT):
        return field.least if isinstance(field.least, Decimal) else Decimal("2.15")
    options = [value for value, _label in field.options]
    plain: dict[FieldType, Any] = {
        FieldType.DATE: field.least or today, FieldType.CHOICE: options[0] if options else None,
        FieldType.CHOICES: options[:2], FieldType.BOOLEAN: True,
        FieldType.URL: "https://www.example.com/", FieldType.PHONE: "0731-96518",
    }  # fmt: skip
    return plain[kind]


def _number(field: Field, factor: int) -> int:
    usual = _USUAL_MONEY if field.type in OF_MONEY else 1
    least = int(field.least) if isinstance(field.least, int) and field.least else usual
    wanted = least * factor
    return min(wanted, int(field.most)) if isinstance(field.most, int) else wanted


def example_form(fields: Sequence[Field], today: date) -> forms.Form:
    """The controls that a bank will have, filled in."""
    controls = {f"example_{field.key}": form_field(field) for field in fields}
    initial = {f"example_{field.key}": sample_value(field, today) for field in fields}
    made: type[forms.Form] = type("ExampleForm", (forms.Form,), controls)
    return made(initial=initial, auto_id=False)


def phone_lines(fields: Sequence[Field], today: date) -> list[Line]:
    return [
        Line(field.label, show_value(field, sample_value(field, today)),
             field.type == FieldType.LONG_TEXT)
        for field in fields
        if field.is_shown
    ]  # fmt: skip
