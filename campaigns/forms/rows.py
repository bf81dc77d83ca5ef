"""Qualifying events and limits in a form, and a line of words for what the province has locked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.choices import EventKind, LimitMeasure, LimitPer, LimitPeriod
from campaigns.errors import BadCampaign
from campaigns.rules.checking import LIMIT_KEYS, MOST_LIMITS, clean_events, clean_limits
from coupons.forms.fields import CountField, YuanField
from coupons.wording import yuan
from operators.admin_base import TemplateWidget, TidyField

SPARE_ROWS = 2
_CHOICES = {"measure": LimitMeasure, "period": LimitPeriod, "per": LimitPer}


# --- events ---------------------------------------------------------------------------------------
class EventsWidget(TemplateWidget):
    template_name = "campaigns/events.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {"name": name, "chosen": list(value or []), "events": EventKind.choices}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return list(data.getlist(name) if hasattr(data, "getlist") else data.get(name, []))


class EventsField(TidyField):
    widget = EventsWidget
    refusal = BadCampaign

    def tidy(self, typed: Any) -> list[str]:
        return clean_events(typed or [])


# --- limits ---------------------------------------------------------------------------------------
class LimitsWidget(TemplateWidget):
    template_name = "campaigns/limits.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [_shown_limit(each) for each in value or []]
        spare = [{"number": ""}] * min(SPARE_ROWS, max(0, MOST_LIMITS - len(rows)))
        return {
            "name": name,
            "rows": list(enumerate([*rows, *spare])),
            "filled": max(len(rows) - 1, 0),
            "most": MOST_LIMITS,
            "choices": {key: choices.choices for key, choices in _CHOICES.items()},
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        """As typed; rows without a number do not count."""
        rows = [
            {
                part: (data.get(f"{name}-{row}-{part}") or "").strip()
                for part in (*LIMIT_KEYS, "number")
            }
            for row in range(MOST_LIMITS + SPARE_ROWS)
        ]
        return [row for row in rows if row["number"]]


class LimitsField(TidyField):
    widget = LimitsWidget
    refusal = BadCampaign

    def tidy(self, typed: Any) -> list[dict[str, Any]]:
        return clean_limits(_limit(row) for row in typed or [])


def _shown_limit(limit: Mapping[str, Any]) -> dict[str, Any]:
    if "number" in limit:
        return dict(limit)
    number = limit["limit"]
    is_amount = limit["measure"] == LimitMeasure.AMOUNT
    return {**limit, "number": yuan(number) if is_amount else f"{number:,}"}


def _limit(row: Mapping[str, Any]) -> dict[str, Any]:
    if "number" not in row:
        return dict(row)
    kind = YuanField if row.get("measure") == LimitMeasure.AMOUNT else CountField
    return {**row, "limit": kind(required=False).clean(row["number"])}


# --- what is locked -------------------------------------------------------------------------------
class WordsWidget(TemplateWidget):
    """Shows what stands there; nothing can be typed."""

    template_name = "campaigns/locked.html"

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {"name": name, "lines": self.words.split("\n")}
