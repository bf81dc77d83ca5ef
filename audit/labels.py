"""The recorded keys in the words that the screens use for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.canonical import dumps


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the difference an event tells."""

    label: str
    before: str
    after: str
    changed: bool


def changes(kind: str, before: Any, after: Any) -> list[Change]:
    """Before and after side by side, key by key."""
    if not isinstance(before, Mapping | None) or not isinstance(after, Mapping | None):
        return [_change(_("Recorded value"), before, after)]
    both = _flat(before or {}), _flat(after or {})
    keys = [*both[0], *[key for key in both[1] if key not in both[0]]]
    model = model_of(kind)
    return [_change(_label(model, key), both[0].get(key), both[1].get(key)) for key in keys]


def kind_label(kind: str) -> str:
    model = model_of(kind)
    return capfirst(str(model._meta.verbose_name)) if model else kind


def model_of(kind: str) -> type[Model] | None:
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def _flat(values: Mapping[str, Any], prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    flat: dict[tuple[str, ...], Any] = {}
    for key, value in values.items():
        path = (*prefix, key)
        flat |= _flat(value, path) if isinstance(value, Mapping) and value else {path: value}
    return flat


def _label(model: type[Model] | None, path: tuple[str, ...]) -> str:
    first, *rest = path
    if model is not None:
        try:
            field = model._meta.get_field(first)
            first = capfirst(str(getattr(field, "verbose_name", first)))
        except FieldDoesNotExist:
            pass
    return " › ".join([first, *rest])


def _change(label: str, before: Any, after: Any) -> Change:
    return Change(label, _words(before), _words(after), before != after)


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ", ".join(str(item) for item in value)
    return value if isinstance(value, str) else dumps(value)
