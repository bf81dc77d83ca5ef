"""What an operator asks for, made into a rule that means one thing and is written one way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.choices import CustomerGroup
from customers.conditions import KEYS, MAX_AGE, is_age
from customers.errors import BadAudience, BadTag
from customers.tags import clean_tag
from operators.models import Branch

MAX_CONDITIONS = 8
MAX_VALUES = 50
ORDER = ("groups", "tags", "branch", "age")
LABELS = {
    "groups": _("customer groups"),
    "tags": _("tags"),
    "branch": _("branch"),
    "age": _("age"),
}
OPS = {
    "groups": ("any", "none"),
    "tags": ("any", "none"),
    "branch": ("within",),
    "age": ("between",),
}


def clean_rule(raw: object, *, province: bool = False) -> dict[str, Any]:
    """The rule in its one canonical form, each condition once. Raises ``BadAudience``.

    ``province``: for content of every bank, so no condition may name a branch.
    """
    cleaned = [_clean(each, province) for each in _conditions(raw)]
    unique = {json.dumps(each, sort_keys=True): each for each in cleaned}
    ordered = sorted(unique, key=lambda text: (ORDER.index(unique[text]["field"]), text))
    return {"all": [unique[text] for text in ordered]} if ordered else {}


def _conditions(raw: object) -> list[Any]:
    if raw is None or raw == {}:
        return []
    if not isinstance(raw, Mapping) or set(raw) != {"all"} or not isinstance(raw["all"], list):
        raise BadAudience(_("The audience is a list of conditions under “all”, or empty."))
    if len(raw["all"]) > MAX_CONDITIONS:
        raise BadAudience(
            _("An audience has at most %(limit)s conditions. Leave some out.")
            % {"limit": MAX_CONDITIONS}
        )
    return raw["all"]


def _clean(raw: Any, province: bool) -> dict[str, Any]:
    field, op = (raw.get("field"), raw.get("op")) if isinstance(raw, Mapping) else (None, None)
    if not isinstance(field, str) or field not in OPS:
        raise BadAudience(
            _("“%(field)s” is nothing an audience goes by: groups, tags, branch or age.")
            % {"field": _shown(field)}
        )
    if op not in OPS[field]:
        raise BadAudience(
            _("“%(op)s” cannot be asked of %(field)s.") % {"op": _shown(op), "field": LABELS[field]}
        )
    unknown = sorted(str(key) for key in set(raw) - KEYS[field])
    if unknown:
        raise BadAudience(
            _("A condition on %(field)s has no “%(key)s”.")
            % {"field": LABELS[field], "key": _shown(unknown[0])}
        )
    if field == "branch":
        return _branch(raw, province)
    return _age(raw) if field == "age" else _values(raw)


def _shown(value: object) -> str:
    return str(value)[:40]


# --- groups and tags ------------------------------------------------------------------------------
def _values(raw: Mapping[str, Any]) -> dict[str, Any]:
    field, values = raw["field"], raw.get("values")
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise BadAudience(_("The values of a condition are a list of texts."))
    if len(values) > MAX_VALUES:
        raise BadAudience(
            _("A condition has at most %(limit)s values. Leave some out.") % {"limit": MAX_VALUES}
        )
    cleaned = _groups(values) if field == "groups" else _tags(values)
    if not cleaned:
        raise BadAudience(
            _("A condition on %(field)s names no value. Choose one or leave the condition out.")
            % {"field": LABELS[field]}
        )
    return {"field": field, "op": raw["op"], "values": cleaned}


def _groups(values: list[str]) -> list[str]:
    unknown = [value for value in values if value not in CustomerGroup.values]
    if unknown:
        raise BadAudience(
            _("There is no customer group “%(group)s”.") % {"group": _shown(unknown[0])}
        )
    return [code for code in CustomerGroup.values if code in values]


def _tags(values: list[str]) -> list[str]:
    try:
        return sorted({clean_tag(value) for value in values})
    except BadTag as error:
        raise BadAudience(error.message) from error


# --- branch and age -------------------------------------------------------------------------------
def _branch(raw: Mapping[str, Any], province: bool) -> dict[str, Any]:
    if province:
        raise BadAudience(_("What the whole province sees cannot go by a bank's branch."))
    path = raw.get("path")
    found = None
    if isinstance(path, str) and path.isalnum():
        found = Branch.objects.filter(path=path).values_list("name", flat=True).first()
    if found is None:
        raise BadAudience(
            _("There is no branch “%(branch)s”. Choose one from the list.")
            % {"branch": _shown(raw.get("name") or path)}
        )
    return {"field": "branch", "op": "within", "path": path, "name": found}


def _age(raw: Mapping[str, Any]) -> dict[str, Any]:
    least, most = raw.get("min"), raw.get("max")
    if least is None and most is None:
        raise BadAudience(_("Give an age from, an age to, or both."))
    for age in (least, most):
        if age is not None and not is_age(age):
            raise BadAudience(
                _("An age is a whole number from 0 to %(limit)s.") % {"limit": MAX_AGE}
            )
    if least is not None and most is not None and least > most:
        raise BadAudience(
            _("The age from (%(least)s) is above the age to (%(most)s). Correct one of them.")
            % {"least": least, "most": most}
        )
    return {"field": "age", "op": "between", "min": least, "max": most}
