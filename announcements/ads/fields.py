"""The form fields of an ad that Django has none for; they work without a script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from django import forms

from announcements.ads.choices import LinkKind
from announcements.ads.windows import DAYS, MOST_WINDOWS, clean_windows
from announcements.errors import BadContent
from operators.admin_base import TemplateWidget
from publishing import links

_SHORT_CLOCK = re.compile(r"\A(\d):(\d\d)\Z")
SPARE_ROWS = 2


# --- weekdays and hours ---------------------------------------------------------------------------
class WindowsWidget(TemplateWidget):
    template_name = "announcements/ads/windows.html"

    class Media:
        js = ("console/ads.js",)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = list(value or [])
        spare = [{"days": [], "from": "", "until": ""}] * SPARE_ROWS
        shown = [*rows, *spare][: max(len(rows), MOST_WINDOWS)]
        return {
            "name": name,
            "rows": list(enumerate(shown)),
            "filled": len(rows),
            "days": list(DAYS.items()),
            "most": MOST_WINDOWS,
            "hours": [f"{hour:02}:00" for hour in range(25)],
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """As typed; rows that were left empty do not count."""
        rows = [_row(data, f"{name}-{number}") for number in range(MOST_WINDOWS)]
        return [row for row in rows if row["days"] or row["from"] or row["until"]]


def _row(data: Any, prefix: str) -> dict[str, Any]:
    days = data.getlist(f"{prefix}-days") if hasattr(data, "getlist") else []
    return {
        "days": [int(day) for day in days if day in {"1", "2", "3", "4", "5", "6", "7"}],
        "from": _clock(data.get(f"{prefix}-from")),
        "until": _clock(data.get(f"{prefix}-until")),
    }


def _clock(text: str | None) -> str:
    """Full-width digits, and 9:00 for 09:00."""
    plain = unicodedata.normalize("NFKC", text or "").strip()
    return _SHORT_CLOCK.sub(r"0\1:\2", plain)


class WindowsField(forms.Field):
    widget = WindowsWidget

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        try:
            return clean_windows(value or [])
        except BadContent as error:
            raise forms.ValidationError(str(error.message)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])


# --- where a touch leads --------------------------------------------------------------------------
class LinkWidget(TemplateWidget):
    template_name = "announcements/ads/link.html"
    hosts: Sequence[str] = ()
    # Of the operator who chooses; empty = the whole bank.
    branch_path: str = ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        kind, target = value or (LinkKind.NONE.value, "")
        known = [
            _Choosable(each, target if each.name == kind else "", self.branch_path)
            for each in links.kinds()
        ]
        return {
            "name": name,
            "kind": kind,
            "target": target,
            "address": target if kind == LinkKind.URL else "",
            "plain": LinkKind.choices,
            "known": known,
            "hosts": self.hosts,
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[str, str]:
        kind = data.get(f"{name}-kind") or LinkKind.NONE.value
        return kind, (data.get(f"{name}-{kind}") or "").strip()


class _Choosable:
    """One kind of target, with its targets in groups: "Accounts · Transfer" stands in Accounts."""

    def __init__(self, kind: links.TargetKind, chosen: str, branch_path: str) -> None:
        self.name, self.label, self.chosen = kind.name, kind.label, chosen
        self.groups: dict[str, list[tuple[str, str]]] = {}
        targets = list(kind.choices(branch_path))
        for target in targets:
            group, _dot, label = target.label.rpartition(" · ")
            self.groups.setdefault(group, []).append((target.id, label))
        # What the draft links to stays visible when it is gone.
        self.gone = chosen if chosen and chosen not in {each.id for each in targets} else ""


class LinkField(forms.Field):
    """Its value is (kind, target), not yet checked: that is the content's affair."""

    widget = LinkWidget

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)

    def clean(self, value: Any) -> tuple[str, str]:
        kind, target = value
        return kind, target

    def has_changed(self, initial: Any, data: Any) -> bool:
        return tuple(initial or ()) != tuple(data or ())
