"""The conditions of a rule in a form: one place for each of the closed list, without a script."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from campaigns.choices import ConditionKind
from campaigns.errors import BadCampaign
from campaigns.rules.checking import clean_conditions
from campaigns.rules.wording import describe_condition
from coupons.forms.fields import CountField, YuanField
from coupons.forms.rows import ScenesWidget
from coupons.wording import yuan
from operators.admin_base import TemplateWidget, TidyField

_BETWEEN_TAGS = re.compile(r"[;,、\n]")
_LINES = (
    "amount_least", "amount_most", "hours_from", "hours_until", "new_days", "tags_any", "tags_none",
    "times_least", "times_most",
)  # fmt: skip
MIDNIGHT, END_OF_DAY = "00:00", "24:00"
MOST_TYPED = 4000
Typed = dict[str, Any]


class ConditionsWidget(TemplateWidget):
    template_name = "campaigns/conditions.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        typed = value if isinstance(value, dict) else typed_of(value or [])
        scenes = f"{name}-scenes"
        return {
            "name": name,
            "typed": typed,
            "scenes": ScenesWidget().render(scenes, typed["scenes"], {}),
            "weekdays": [(str(day + 1), label) for day, label in WEEKDAYS_ABBR.items()],
            "kept": [(text, describe_condition(json.loads(text))) for text in typed["kept"]],
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed:
        """As typed."""
        lines = {part: (data.get(f"{name}-{part}") or "").strip()[:600] for part in _LINES}
        return {
            **lines,
            "scenes": ScenesWidget().value_from_datadict(data, files, f"{name}-scenes"),
            "weekdays": _several(data, f"{name}-weekdays"),
            "kept": [text for text in _several(data, f"{name}-kept") if _is_document(text)],
        }


class ConditionsField(TidyField):
    """Its value is a clean list of conditions."""

    widget = ConditionsWidget
    refusal = BadCampaign

    def tidy(self, typed: Any) -> list[dict[str, Any]]:
        return clean_conditions(conditions_of(typed) if isinstance(typed, dict) else typed or [])


def _several(data: Any, name: str) -> list[str]:
    return list(data.getlist(name) if hasattr(data, "getlist") else data.get(name) or [])


def _is_document(text: str) -> bool:
    try:
        return len(text) <= MOST_TYPED and isinstance(json.loads(text), dict)
    except ValueError:
        return False


# --- from the rule to the form --------------------------------------------------------------------
def typed_of(conditions: Iterable[Mapping[str, Any]]) -> Typed:
    typed: Typed = {
        **dict.fromkeys(_LINES, ""), "scenes": [], "weekdays": [], "kept": [],
    }  # fmt: skip
    for condition in conditions:
        shown = _SHOWN.get(condition["kind"], _nowhere)(condition)
        if not shown or any(typed[part] for part in shown):
            kept = json.dumps(dict(condition), ensure_ascii=False, sort_keys=True)
            typed["kept"].append(kept)
        else:
            typed.update(shown)
    return typed


def _nowhere(_condition: Mapping[str, Any]) -> Typed:
    """The form has no place for it; it can be kept or dropped."""
    return {}


def _shown_amount(condition: Mapping[str, Any]) -> Typed:
    least, most = condition.get("least_cents"), condition.get("most_cents")
    return {
        "amount_least": yuan(least) if least else "",
        "amount_most": yuan(most) if most is not None else "",
    }


def _shown_hours(condition: Mapping[str, Any]) -> Typed:
    until = condition["until"]
    return {
        "hours_from": condition["from"],
        "hours_until": MIDNIGHT if until == END_OF_DAY else until,
    }


def _shown_tags(condition: Mapping[str, Any]) -> Typed:
    part = "tags_any" if condition.get("wanted", True) else "tags_none"
    return {part: "、".join(condition["values"])}


def _shown_times(condition: Mapping[str, Any]) -> Typed:
    least, most = condition.get("least"), condition.get("most")
    return {
        "times_least": f"{least:,}" if least else "",
        "times_most": f"{most:,}" if most is not None else "",
    }


_SHOWN: dict[str, Callable[[Mapping[str, Any]], Typed]] = {
    ConditionKind.AMOUNT: _shown_amount,
    ConditionKind.SCENE: lambda condition: {"scenes": list(condition["values"])},
    ConditionKind.WEEKDAYS: lambda condition: {"weekdays": [str(d) for d in condition["values"]]},
    ConditionKind.HOURS: _shown_hours,
    ConditionKind.NEW_CUSTOMER: lambda condition: {"new_days": str(condition["days"])},
    ConditionKind.HAS_TAG: _shown_tags,
    ConditionKind.TIMES: _shown_times,
}


# --- from the form to the rule --------------------------------------------------------------------
def conditions_of(typed: Typed) -> list[dict[str, Any]]:
    """Not yet cleaned. Raises ``ValidationError`` for what is no number."""
    found = [
        _amount(typed), _scenes(typed), _weekdays(typed), _hours(typed), _new_customer(typed),
        _tags(typed, "tags_any", wanted=True), _tags(typed, "tags_none", wanted=False),
        _times(typed), *(json.loads(text) for text in typed["kept"]),
    ]  # fmt: skip
    return [each for each in found if each]


def _amount(typed: Typed) -> dict[str, Any]:
    least = _number(YuanField, typed["amount_least"], _("amount of the event"))
    most = _number(YuanField, typed["amount_most"], _("amount of the event"))
    if least is None and most is None:
        return {}
    return {"kind": ConditionKind.AMOUNT, "least_cents": least or 0, "most_cents": most}


def _scenes(typed: Typed) -> dict[str, Any]:
    return {"kind": ConditionKind.SCENE, "values": typed["scenes"]} if typed["scenes"] else {}


def _weekdays(typed: Typed) -> dict[str, Any]:
    days = [int(day) if day in "1234567" and len(day) == 1 else day for day in typed["weekdays"]]
    # All seven mean any day.
    return {"kind": ConditionKind.WEEKDAYS, "values": days} if 0 < len(set(days)) < 7 else {}


def _hours(typed: Typed) -> dict[str, Any]:
    first, until = typed["hours_from"][:5], typed["hours_until"][:5]
    if not first and not until:
        return {}
    until = END_OF_DAY if until in ("", MIDNIGHT) else until
    return {"kind": ConditionKind.HOURS, "from": first or MIDNIGHT, "until": until}


def _new_customer(typed: Typed) -> dict[str, Any]:
    days = _number(CountField, typed["new_days"], _("account opened not long ago"))
    return {} if days is None else {"kind": ConditionKind.NEW_CUSTOMER, "days": days}


def _tags(typed: Typed, part: str, *, wanted: bool) -> dict[str, Any]:
    text = unicodedata.normalize("NFKC", typed[part])
    tags = [tag.strip() for tag in _BETWEEN_TAGS.split(text) if tag.strip()]
    return {"kind": ConditionKind.HAS_TAG, "values": tags, "wanted": wanted} if tags else {}


def _times(typed: Typed) -> dict[str, Any]:
    least = _number(CountField, typed["times_least"], _("earlier participations"))
    most = _number(CountField, typed["times_most"], _("earlier participations"))
    if least is None and most is None:
        return {}
    return {"kind": ConditionKind.TIMES, "least": least or 0, "most": most}


def _number(kind: Any, text: str, label: str) -> int | None:
    try:
        value: int | None = kind(required=False).clean(text)
    except forms.ValidationError as error:
        raise forms.ValidationError(
            _("%(label)s: %(problem)s") % {"label": label, "problem": " ".join(error.messages)}
        ) from error
    return value
