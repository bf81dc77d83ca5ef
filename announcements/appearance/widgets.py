from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import connection
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from announcements.appearance import reading
from announcements.appearance.contrast import COLOUR, judge_primary, words_on
from announcements.appearance.resolving import OWN
from announcements.appearance.scenes import scene_address

if TYPE_CHECKING:
    from announcements.catalogue.models import Skin


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two colours of a palette."""

    name: str
    label: Promise
    picking: Promise
    example: str


PRIMARY = Part("primary", _("primary colour"), _("Pick the primary colour"), "#256D6B")
ACCENT = Part("accent", _("accent colour"), _("Pick the accent colour"), "#C9A45C")
PARTS = (PRIMARY, ACCENT)


class _TemplateWidget(forms.Widget):
    class Media:
        css = {"all": ["console/appearance.css"]}
        js = ["console/appearance.js"]

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        # A form renderer does not look into the project's own templates.
        return mark_safe(render_to_string(template_name, context))  # noqa: S308 - a template

    def id_for_label(self, id_: str, index: Any = None) -> str:
        # A group of controls: none of them alone is what the label names.
        return ""


class SkinSelect(_TemplateWidget, forms.RadioSelect):
    """Every skin with its artwork in its colours."""

    template_name = "announcements/appearance/skins.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value or "", attrs)
        skins: dict[str, Skin | None] = {**reading.skins_by_code()}
        # The bank that looks; the platform has none.
        skins[""] = skins.get(getattr(connection.tenant, "skin", ""))
        options = [
            option for _group, group, _i in context["widget"]["optgroups"] for option in group
        ]
        for option in options:
            option["skin"] = skins.get(str(option["value"] or ""))
            option["is_own"] = option["value"] == OWN
            if option["is_own"] or option["skin"]:
                option["scene"] = scene_address(option["skin"].code if option["skin"] else OWN)
        context["options"] = options
        return context


class ColourInput(_TemplateWidget, forms.TextInput):
    """A colour as text with the browser's picker beside it."""

    template_name = "announcements/appearance/colour.html"

    def __init__(self, part: Part) -> None:
        super().__init__(
            {
                "class": "fx-palette-text",
                "maxlength": 7,
                "placeholder": part.example,
                "spellcheck": "false",
                "data-palette-text": part.name,
            }
        )
        self.part = part

    def id_for_label(self, id_: str, index: Any = None) -> str:
        return id_

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "part": self.part}


class PaletteWidget(_TemplateWidget):
    """Two colours as text, each with the browser's picker beside it, and their contrast."""

    template_name = "announcements/appearance/palette.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        colours = {part.name: str((value or {}).get(part.name, "")) for part in PARTS}
        context["parts"] = [{**asdict(part), "value": colours[part.name]} for part in PARTS]
        if all(COLOUR.match(colour) for colour in colours.values()):
            context |= {
                "skin": colours,
                "scene": scene_address(OWN),
                "verdict": judge_primary(colours["primary"]),
                "on_accent": words_on(colours["accent"]),
            }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        return {part.name: data.get(f"{name}_{part.name}", "").strip() for part in PARTS}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}_primary" not in data


class _Ordered(_TemplateWidget):
    """Ticked boxes with numbers: works by keyboard and without a script, which adds dragging."""

    choices: Sequence[tuple[str, Any]] = ()
    limit: int = 0
    use_fieldset = True

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        # Nothing ticked sends nothing.
        return False

    def __deepcopy__(self, memo: dict[int, Any]) -> _Ordered:
        copy: _Ordered = super().__deepcopy__(memo)  # type: ignore[misc]
        copy.choices = list(self.choices)
        return copy


class OrderedChoices(_Ordered):
    template_name = "announcements/appearance/ordered.html"
    # Whether the order matters; locked functions have none.
    ordered: bool = True

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        names, chosen = dict(self.choices), list(value or [])
        context |= {
            # A code that has left the catalogue stays visible until it is taken out.
            "chosen": _rows([(code, names.get(code, code)) for code in chosen]),
            "available": [row for row in self.choices if row[0] not in chosen],
            "limit": self.limit,
            "ordered": self.ordered,
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        codes = list(data.getlist(name) if hasattr(data, "getlist") else data.get(name, []))
        return _in_order(codes, data, name) if self.ordered else self._as_listed(codes)

    def _as_listed(self, codes: list[str]) -> list[str]:
        listed = [code for code, _name in self.choices if code in codes]
        return [*listed, *(code for code in codes if code not in listed)]


class GroupedChoices(_Ordered):
    """For each customer group an ordered choice; the groups have an order too."""

    template_name = "announcements/appearance/grouped.html"
    groups: Sequence[tuple[str, Any]] = ()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        given = {entry["group"]: entry["functions"] for entry in value or []}
        names = dict(self.groups)
        order = [*given, *(group for group in names if group not in given)]
        context["rows"] = [
            {
                "code": group,
                "name": names.get(group, group),
                "number": number,
                "count": len(given.get(group, [])),
                "picker": self._picker().get_context(f"{name}-{group}", given.get(group), {}),
            }
            for number, group in enumerate(order, start=1)
        ]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        picker = self._picker()
        found = {
            group: picker.value_from_datadict(data, files, f"{name}-{group}")
            for group, _label in self.groups
        }
        order = _in_order([group for group in found if found[group]], data, name)
        return [{"group": group, "functions": found[group]} for group in order]

    def _picker(self) -> OrderedChoices:
        picker = OrderedChoices()
        picker.choices, picker.limit = self.choices, self.limit
        return picker


def _rows(chosen: Sequence[tuple[str, Any]]) -> list[tuple[int, str, Any]]:
    return [(number, code, name) for number, (code, name) in zip(count(1), chosen)]


def _in_order(codes: list[str], data: Mapping[str, Any], name: str) -> list[str]:
    """By the numbers beside them; without a number behind the others, as they stand on the page."""
    places = {code: place for place, code in enumerate(codes)}
    return sorted(codes, key=lambda code: (_number(data, f"{name}-order-{code}"), places[code]))


def _number(data: Mapping[str, Any], name: str) -> float:
    raw = str(data.get(name, "")).strip()
    return float(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else float("inf")
