"""Limits, scenes and shares of the cost in a form: rows and boxes that work without a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from coupons.choices import Bearer, LimitAction, LimitMeasure, LimitPer, LimitPeriod, Scene
from coupons.errors import BadTemplate
from coupons.forms.fields import CountField, PercentField, YuanField
from coupons.terms import scenes as known_scenes
from coupons.terms.bearers import MOST_NAME, clean_bearers
from coupons.terms.limits import KEYS, MOST_LIMITS, clean_limits
from coupons.wording import yuan as plain_yuan
from operators.admin_base import TemplateWidget, TidyField

SPARE_ROWS = 3
_CHOICES = {
    "action": LimitAction, "measure": LimitMeasure, "period": LimitPeriod, "per": LimitPer,
}  # fmt: skip


# --- limits ---------------------------------------------------------------------------------------
class LimitsWidget(TemplateWidget):
    template_name = "coupons/limits.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [_shown_limit(each) for each in value or []]
        spare = [{"number": ""}] * min(SPARE_ROWS, max(0, MOST_LIMITS - len(rows)))
        return {
            "name": name,
            "rows": list(enumerate([*rows, *spare])),
            "filled": len(rows),
            "most": MOST_LIMITS,
            "choices": {key: choices.choices for key, choices in _CHOICES.items()},
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        """As typed; rows without a number do not count."""
        rows = [
            {part: (data.get(f"{name}-{row}-{part}") or "").strip() for part in (*KEYS, "number")}
            for row in range(MOST_LIMITS + SPARE_ROWS)
        ]
        return [row for row in rows if row["number"]]


def _shown_limit(limit: Mapping[str, Any]) -> dict[str, Any]:
    if "number" in limit:
        return dict(limit)
    number = limit["limit"]
    is_amount = limit["measure"] == LimitMeasure.AMOUNT
    return {**limit, "number": plain_yuan(number) if is_amount else f"{number:,}"}


class LimitsField(TidyField):
    widget = LimitsWidget
    refusal = BadTemplate

    def tidy(self, typed: Any) -> list[dict[str, Any]]:
        return clean_limits(self._number(row) for row in typed or [])

    def _number(self, row: Mapping[str, Any]) -> dict[str, Any]:
        kind = YuanField if row.get("measure") == LimitMeasure.AMOUNT else CountField
        return {**row, "limit": kind(required=False).clean(row["number"])}


# --- scenes ---------------------------------------------------------------------------------------
class ScenesWidget(TemplateWidget):
    template_name = "coupons/scenes.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        chosen = list(value or [])
        groups: dict[str, list[tuple[str, str]]] = {}
        for target in known_scenes.functions():
            group, _dot, label = target.label.rpartition(" · ")
            groups.setdefault(group, []).append((known_scenes.FUNCTION + target.id, label))
        listed = {code for functions in groups.values() for code, _label in functions}
        of_functions = [each for each in chosen if each.startswith(known_scenes.FUNCTION)]
        return {
            "name": name,
            "chosen": chosen,
            "scenes": Scene.choices,
            "groups": groups,
            "has_functions": bool(of_functions),
            # What the draft names stays visible when it is gone.
            "gone": [each for each in of_functions if each not in listed],
            "merchants": "、".join(
                each.removeprefix(known_scenes.MERCHANT)
                for each in chosen
                if each.startswith(known_scenes.MERCHANT)
            ),
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        ticked = data.getlist(name) if hasattr(data, "getlist") else list(data.get(name, []))
        return [*ticked, *known_scenes.merchants_of(data.get(f"{name}-merchants") or "")]


class ScenesField(TidyField):
    widget = ScenesWidget
    refusal = BadTemplate

    def tidy(self, typed: Any) -> list[str]:
        return known_scenes.clean_scenes(typed or [])


# --- who bears the cost ---------------------------------------------------------------------------
class BearersWidget(TemplateWidget):
    template_name = "coupons/bearers.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        given = value or {}
        return {
            "name": name,
            "shares": [
                (bearer.value, bearer.label, _shown_share(given.get(bearer.value)))
                for bearer in Bearer
            ],
            "merchant_name": given.get("merchant_name", ""),
            "most_name": MOST_NAME,
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        parts = (*Bearer.values, "merchant_name")
        return {part: (data.get(f"{name}-{part}") or "").strip() for part in parts}


def _shown_share(value: Any) -> str:
    return PercentField.show(value) if isinstance(value, int) else str(value or "")


class BearersField(TidyField):
    widget = BearersWidget
    refusal = BadTemplate

    def tidy(self, typed: Any) -> dict[str, Any]:
        given = typed or {}
        share = PercentField(required=False)
        shares = {bearer: share.clean(given.get(bearer, "")) or 0 for bearer in Bearer.values}
        return clean_bearers({**shares, "merchant_name": given.get("merchant_name", "")})


LABELS = {
    "limits": _("limits"),
    "scenes": _("scenes"),
    "bearers": _("cost bearers"),
}
