"""Editing an audience rule in a form of the consoles; works without a script."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from customers.audiences import audience_size, clean_rule, describe, describe_condition
from customers.choices import CustomerGroup
from customers.conditions import KEYS, MAX_AGE
from customers.errors import BadAudience
from customers.models import Customer
from operators.models import Branch
from operators.querysets import branch_scope

if TYPE_CHECKING:
    from operators.models import Operator

SIZE_PERMISSION = "customers.view_customer"
SIZE_VIEW = "bank:customers_customer_audience_size"
_BETWEEN_TAGS = re.compile(r"[;,、\n]")
_LISTS = {
    ("groups", "any"): "groups_any",
    ("groups", "none"): "groups_none",
    ("tags", "any"): "tags_any",
    ("tags", "none"): "tags_none",
}


@dataclass(slots=True)
class Typed:
    """A rule as the simple form shows it. ``kept``: conditions it has no place for, as JSON."""

    groups_any: list[str] = field(default_factory=list)
    groups_none: list[str] = field(default_factory=list)
    tags_any: list[str] = field(default_factory=list)
    tags_none: list[str] = field(default_factory=list)
    more_tags_any: str = ""
    more_tags_none: str = ""
    branch: str = ""
    least: str = ""
    most: str = ""
    kept: list[str] = field(default_factory=list)


class AudienceField(forms.Field):
    """Its value is a clean rule. ``province``: the same customers in every bank, so no branches.

    ``operator`` narrows the branches to the person's own, and lets them see the size; a form that
    learns who asks only later calls ``for_operator``.
    """

    widget: Any

    def __init__(
        self, *, province: bool = False, operator: Operator | None = None, **kwargs: Any
    ) -> None:
        self.province = province
        kwargs.setdefault("label", _("Audience"))
        kwargs.setdefault("required", False)
        super().__init__(widget=AudienceWidget(province), **kwargs)
        self.for_operator(operator)

    def for_operator(self, operator: Operator | None) -> None:
        self.operator = self.widget.operator = operator

    def clean(self, value: Any) -> dict[str, Any]:
        typed = value if isinstance(value, Typed) else typed_of(value, None)
        try:
            conditions = conditions_of(typed)
            self._refuse_foreign(typed.branch)
            return clean_rule({"all": conditions}, province=self.province)
        except BadAudience as error:
            raise forms.ValidationError(str(error.message)) from error

    def _refuse_foreign(self, path: str) -> None:
        if path and self.operator is not None and not path.startswith(branch_scope(self.operator)):
            raise BadAudience(_("This branch is not one of yours. Choose one from the list."))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(data) != (initial or {})
        except forms.ValidationError:
            return True


# --- between the rule and what is typed -----------------------------------------------------------
def typed_of(rule: Any, branches: set[str] | None) -> Typed:
    """``branches``: the paths that can be chosen; None = any."""
    typed = Typed()
    conditions = rule.get("all") if isinstance(rule, Mapping) else None
    for condition in conditions if isinstance(conditions, list) else []:
        if not _place(typed, condition, branches):
            typed.kept.append(json.dumps(condition, ensure_ascii=False, sort_keys=True))
    return typed


def _place(typed: Typed, condition: Any, branches: set[str] | None) -> bool:
    """False when the form has no place for it."""
    if not isinstance(condition, Mapping) or not set(condition) <= KEYS.get(
        str(condition.get("field")), set()
    ):
        return False
    match condition:
        case {"field": str(name), "op": str(op), "values": list(values)} if (name, op) in _LISTS:
            shown = getattr(typed, _LISTS[name, op])
            is_free = not shown
            shown.extend(values if is_free else [])
            return is_free
        case {"field": "branch", "op": "within", "path": str(path)}:
            if typed.branch or (branches is not None and path not in branches):
                return False
            typed.branch = path
            return True
        case {"field": "age", "op": "between", "min": least, "max": most}:
            if typed.least or typed.most:
                return False
            typed.least, typed.most = _text(least), _text(most)
            return True
    return False


def _text(age: Any) -> str:
    return "" if age is None else str(age)


def conditions_of(typed: Typed) -> list[Any]:
    """Not yet cleaned. Raises ``BadAudience`` for what only a form can get wrong."""
    _refuse_contradiction(typed)
    conditions: list[Any] = [
        {"field": name, "op": op, "values": values}
        for (name, op), part in _LISTS.items()
        if (values := _values(typed, part))
    ]
    if typed.branch:
        conditions.append({"field": "branch", "op": "within", "path": typed.branch})
    if typed.least.strip() or typed.most.strip():
        ages = {"min": _age(typed.least), "max": _age(typed.most)}
        conditions.append({"field": "age", "op": "between", **ages})
    return conditions + [_kept(text) for text in typed.kept]


def _values(typed: Typed, part: str) -> list[str]:
    more = unicodedata.normalize("NFKC", getattr(typed, f"more_{part}", ""))
    typed_in = [text.strip() for text in _BETWEEN_TAGS.split(more) if text.strip()]
    return [*getattr(typed, part), *typed_in]


def _refuse_contradiction(typed: Typed) -> None:
    for wanted, excluded in (("groups_any", "groups_none"), ("tags_any", "tags_none")):
        chosen = set(_values(typed, wanted))
        if chosen and chosen <= set(_values(typed, excluded)):
            raise BadAudience(
                _("What is wanted is also excluded, so nobody would be meant. Untick one of them.")
            )


def _age(text: str) -> int | None:
    digits = unicodedata.normalize("NFKC", text).strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 3):
        raise BadAudience(_("An age is a whole number from 0 to %(limit)s.") % {"limit": MAX_AGE})
    return int(digits)


def _kept(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadAudience(_("A kept condition cannot be read. Untick it.")) from error


# --- on the page ----------------------------------------------------------------------------------
class AudienceWidget(forms.Widget):
    template_name = "customers/audience.html"
    use_fieldset = True

    class Media:
        css = {"all": ("console/audience.css",)}

    def __init__(self, province: bool) -> None:
        super().__init__()
        self.province = province
        self.operator: Operator | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed:
        texts = ("more_tags_any", "more_tags_none", "branch", "least", "most")
        lists = (*_LISTS.values(), "kept")
        given: dict[str, Any] = {part: _list(data, f"{name}-{part}") for part in lists}
        given |= {part: data.get(f"{name}-{part}") or "" for part in texts}
        return Typed(**given)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        branches = [] if self.province else self._branches()
        typed = value
        if not isinstance(typed, Typed):
            typed = typed_of(value, {branch.path for branch in branches})
        tags = [] if self.province else known_tags()
        return {
            "name": name,
            "typed": typed,
            "groups": CustomerGroup.choices,
            "tags_any": list(dict.fromkeys([*tags, *typed.tags_any])),
            "tags_none": list(dict.fromkeys([*tags, *typed.tags_none])),
            "excludes": typed.groups_none or typed.tags_none or typed.more_tags_none,
            "branches": branches,
            "province": self.province,
            "kept": [(text, _kept_words(text)) for text in typed.kept],
            "max_age": MAX_AGE,
            "size_address": self._size_address(),
            **size_context(typed, self.operator, province=self.province),
        }

    def _branches(self) -> list[Branch]:
        found = Branch.objects.all()
        return list(found if self.operator is None else found.visible_to(self.operator))

    def _size_address(self) -> str:
        return reverse(SIZE_VIEW) if _sees_size(self.operator, self.province) else ""

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        # A form renderer does not look into the project's own templates.
        return mark_safe(render_to_string(template_name, context))  # noqa: S308 - a template


def _list(data: Any, key: str) -> list[str]:
    return data.getlist(key) if hasattr(data, "getlist") else list(data.get(key, []))


def _kept_words(text: str) -> str:
    try:
        return describe_condition(json.loads(text))
    except ValueError:
        return text


def _sees_size(operator: Operator | None, province: bool) -> bool:
    return not province and operator is not None and operator.has_perm(SIZE_PERMISSION)


def size_context(
    typed: Typed, operator: Operator | None, *, province: bool = False, branch_path: str = ""
) -> dict[str, Any]:
    """What ``customers/audience_size.html`` shows of the rule as it is typed."""
    try:
        rule = clean_rule({"all": conditions_of(typed)}, province=province)
    except BadAudience as error:
        return {"wrong": str(error.message)}
    context: dict[str, Any] = {"sentences": describe(rule), "province": province}
    if _sees_size(operator, province):
        assert operator is not None
        scope = branch_scope(operator)
        path = branch_path if branch_path.startswith(scope) else scope
        size = audience_size(rule, timezone.now(), branch_path=path)
        context.update(size=size, size_shown=f"{size:,}")
    return context


SAMPLED_CUSTOMERS, SHOWN_TAGS = 20_000, 24


def known_tags() -> list[str]:
    """The usual tags of the bank, by a sample: a hint for the form, not a figure."""
    sample = Customer.objects.exclude(tags=[]).order_by().values_list("tags", flat=True)
    counts: dict[str, int] = {}
    for tags in sample[:SAMPLED_CUSTOMERS]:
        for tag in tags:
            counts[tag] = counts.get(tag, 0) + 1
    return sorted(sorted(counts, key=lambda tag: -counts[tag])[:SHOWN_TAGS])


def audience_text(rule: Mapping[str, Any], *, province: bool = False) -> SafeString:
    """Whom the rule means, for a page of those who may only look."""
    context = {"sentences": describe(rule), "province": province}
    return mark_safe(render_to_string("customers/audience_size.html", context))  # noqa: S308
