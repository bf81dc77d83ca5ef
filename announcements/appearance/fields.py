"""Form fields of the settings. Each takes and gives the plain JSON of its setting; what is wrong
with it is said by the setting's ``clean``, in one place for forms and everything else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from announcements.appearance import reading, widgets
from announcements.appearance.cleaning import AGES, MAX_CAP, MAX_SLOTS
from announcements.appearance.resolving import MAX_FUNCTIONS, OWN
from announcements.appearance.senior import MAX_FUNCTIONS as MAX_SENIOR_FUNCTIONS
from customers.choices import CustomerGroup


def flag_field(**options: Any) -> forms.Field:
    return forms.BooleanField(widget=UnfoldBooleanSwitchWidget, **options)


def age_field(**options: Any) -> forms.Field:
    return _number_field(AGES[0], AGES[-1], **options)


def slots_field(**options: Any) -> forms.Field:
    return _number_field(1, MAX_SLOTS, **options)


def cap_field(**options: Any) -> forms.Field:
    return _number_field(1, MAX_CAP, **options)


def _number_field(least: int, most: int, **options: Any) -> forms.Field:
    widget = UnfoldAdminIntegerFieldWidget(
        attrs={"min": least, "max": most, "inputmode": "numeric"}
    )
    return forms.IntegerField(widget=widget, **options)


class SkinField(forms.ChoiceField):
    """None = the skin the bank was opened with."""

    widget = widgets.SkinSelect

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=_skin_choices, **options)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value) or None

    def valid_value(self, value: Any) -> bool:
        return value is None or super().valid_value(value)


def _skin_choices() -> list[tuple[str, Any]]:
    ordinary = [skin for skin in reading.skins_by_code().values() if not skin.is_festival]
    return [
        ("", _("the skin the bank was opened with")),
        *((skin.code, skin.name) for skin in ordinary),
        (OWN, _("the bank's own palette")),
    ]


class PaletteField(forms.Field):
    """None, or a dictionary of two colours as they were typed."""

    widget = widgets.PaletteWidget

    def to_python(self, value: Any) -> Any:
        return value if value and any(value.values()) else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or None) != self.to_python(data)


class FunctionsField(forms.Field):
    """Codes in their order. The choices are read when a form is built, not when a module is."""

    widget = widgets.OrderedChoices

    def __init__(
        self, *, limit: int, in_senior_mode: bool = False, ordered: bool = True, **options: Any
    ) -> None:
        self.in_senior_mode = in_senior_mode
        super().__init__(**options)
        self.widget.choices = self.choices()
        self.widget.limit, self.widget.ordered = limit, ordered

    def choices(self) -> list[tuple[str, str]]:
        return list(reading.function_names(in_senior_mode=self.in_senior_mode).items())

    def to_python(self, value: Any) -> list[str]:
        return list(value or [])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])


def functions_field(**options: Any) -> forms.Field:
    return FunctionsField(limit=MAX_FUNCTIONS, **options)


def locked_functions_field(**options: Any) -> forms.Field:
    return FunctionsField(limit=MAX_FUNCTIONS, ordered=False, **options)


def senior_functions_field(**options: Any) -> forms.Field:
    return FunctionsField(limit=MAX_SENIOR_FUNCTIONS, in_senior_mode=True, **options)


class FunctionsByGroupField(forms.Field):
    """A list of ``{"group", "functions"}``; groups without functions are left out."""

    widget = widgets.GroupedChoices

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.groups = list(CustomerGroup.choices)
        self.widget.choices = list(reading.function_names().items())
        self.widget.limit = MAX_FUNCTIONS

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        return list(value or [])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])


class HostsField(forms.Field):
    """One host to a line; a list of what was written."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        return (value or "").replace("，", " ").replace(",", " ").split()

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)
